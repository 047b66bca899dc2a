# A node in a container. Any Debian-like base with Python 3.11 or newer will do:
#   docker build --build-arg BASE_IMAGE=my-registry/python:3.12-slim .
# Behind a proxy or an inspecting firewall, hand pip its configuration and the certificate
# authority for the time of the build only (docs/operator.md, "Container"):
#   docker build --secret id=pip.conf,src=pip.conf --secret id=ca.pem,src=ca.pem .
ARG BASE_IMAGE=python:3.11-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /src
RUN python3 -m venv /opt/beacon-node
# The dependencies first, against an empty package: a change of code does not fetch them again.
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY beacon_node/__init__.py beacon_node/__init__.py
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    --mount=type=secret,id=ca.pem,target=/run/secrets/ca.pem \
    /opt/beacon-node/bin/pip install --no-cache-dir .
COPY beacon_node beacon_node
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    --mount=type=secret,id=ca.pem,target=/run/secrets/ca.pem \
    /opt/beacon-node/bin/pip install --no-cache-dir --no-deps --force-reinstall . \
    && /opt/beacon-node/bin/pip uninstall --yes --quiet setuptools pip

FROM ${BASE_IMAGE}
RUN groupadd --system --gid 10001 beacon \
    && useradd --system --uid 10001 --gid beacon --create-home --home-dir /var/lib/beacon-node beacon
COPY --from=build /opt/beacon-node /opt/beacon-node
ENV PATH=/opt/beacon-node/bin:$PATH \
    BEACON_NODE_HOME=/var/lib/beacon-node/home \
    BEACON_BROKER_HOME=/var/lib/beacon-node/broker \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /var/lib/beacon-node
VOLUME /var/lib/beacon-node
EXPOSE 5050
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:5050/livez', timeout=4)"]
ENTRYPOINT ["beacon-node"]
CMD ["serve", "--host", "0.0.0.0", "--port", "5050"]
