# The image of every role: one program, Node, nothing else. `docker build -t companyos/residency:0.27.0 .`
FROM node:24-slim AS build
WORKDIR /src
# Shown by the metric residency_build_info: --build-arg COMMIT=$(git rev-parse HEAD)
ARG COMMIT=""
ENV COMPANYOS_COMMIT=$COMMIT
COPY . .
RUN npm ci --no-audit --no-fund && node dev/tools/src/build.ts

FROM node:24-slim
COPY --from=build /src/dist /opt/companyos
RUN printf '#!/bin/sh\nexec node /opt/companyos/bin/companyos.mjs "$@"\n' > /usr/local/bin/companyos && chmod 755 /usr/local/bin/companyos
USER 65532:65532
ENTRYPOINT ["companyos"]
