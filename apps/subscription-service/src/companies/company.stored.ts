import type { CompanyConfiguration } from '@hooklane/contracts/records'
import type { CompanyEntity } from '@hooklane/postgres/tenancy'

/** The company as it is published to the delivery path. */
export const companyConfiguration = ({ id, name, incarnation, eventsFrom }: CompanyEntity): CompanyConfiguration => ({
  id,
  name,
  incarnation,
  ...(eventsFrom === null ? {} : { eventsFrom }),
})
