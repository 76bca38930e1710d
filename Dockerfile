# Two stages: the first has what builds, the second only what runs.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
WORKDIR /source
COPY requirements.lock requirements-dev.lock ./
RUN python -m venv /opt/moderator \
 && /opt/moderator/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-dev.lock
COPY . .
RUN /opt/build/bin/python -m build --wheel --no-isolation --outdir /wheel \
 && /opt/moderator/bin/pip install --no-cache-dir --no-deps /wheel/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/moderator moderator
COPY --from=build /opt/moderator /opt/moderator
ENV PATH=/opt/moderator/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MODERATOR_SERVER__HOST=0.0.0.0
USER moderator
WORKDIR /var/lib/moderator
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/livez', timeout=2)"]
ENTRYPOINT ["moderator"]
CMD ["serve"]
