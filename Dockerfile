# syntax=docker/dockerfile:1

# One image for all services: one digest cannot mix versions, and they share most of their code. The command says which service runs: docs/guides/deploy-with-docker.md.

ARG NODE_VERSION=24

# Only what decides which packages are installed: a change of the sources keeps the layers below.
FROM node:${NODE_VERSION}-bookworm-slim AS manifests
WORKDIR /manifests
COPY package.json package-lock.json ./
COPY libs libs
COPY apps apps
RUN find libs apps -type f ! -path '*/package.json' -delete && find libs apps -type d -empty -delete

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /build
COPY --from=manifests /manifests ./
# No package needs its install script here: the embedded servers are not for images.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.base.json LICENSE ./
COPY libs libs
COPY apps apps
COPY tools/build tools/build
COPY tools/image tools/image
COPY tools/stack/topics.mjs tools/stack/topics.mjs
RUN node_modules/.bin/tsc -b && node tools/build/run.mjs && node tools/image/runtime-files.mjs /runtime

FROM node:${NODE_VERSION}-bookworm-slim
# The services write nothing but, for very large transactions, the event-producer's spool. Nobody but root may write the rest.
RUN install --directory --owner=node --group=node --mode=0700 /var/spool/hooklane
WORKDIR /app
COPY --from=build /runtime ./
ENV NODE_ENV=production \
    SPOOL_DIR=/var/spool/hooklane
# 8080: the API of the subscription-service; 8081: health and metrics of each service, for the platform only.
EXPOSE 8080 8081
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "tools/image/service.mjs", "healthy"]
# The young generation is larger than Node's own 16 MiB: what a delivery allocates lives as long as its receiver takes to answer.
ENTRYPOINT ["node", "--enable-source-maps", "--max-semi-space-size=64", "tools/image/service.mjs"]
