# Two images: `site` (Django, no torch) and `runner` (torch, no Django).
#   docker build --target site -t residual-site .
#   docker build --target runner -t residual-runner .
# Behind a proxy or a private index, give pip its settings as secrets; they stay out of the image:
#   --secret id=pip_conf,src=/etc/pip.conf --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS base
ENV PATH=/opt/residual/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python3 -m venv /opt/residual && useradd --system --uid 900 --create-home residual
WORKDIR /src

FROM base AS site
COPY requirements/site.txt requirements/site.txt
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    pip install -r requirements/site.txt
COPY pyproject.toml README.md LICENSE ./
COPY platform platform
COPY curriculum curriculum
COPY labs labs
COPY templates templates
COPY packaging/gpu_runner packaging/gpu_runner
COPY gpu_runner gpu_runner
RUN pip install --no-deps --no-build-isolation ./packaging/gpu_runner . \
    && cd / && DATA_DIR=/tmp/build STATIC_ROOT=/opt/residual/static residual manage collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build /src/* && install -d -o residual /data
ENV DATA_DIR=/data STATIC_ROOT=/opt/residual/static RESIDUAL_MODE=site
USER residual
WORKDIR /data
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "residual.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", "--no-access-log"]

FROM base AS runner
ARG TORCH_FIND_LINKS=
COPY requirements/runner.txt requirements/runner.txt
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    pip install ${TORCH_FIND_LINKS:+--find-links ${TORCH_FIND_LINKS}} torch==2.13.0 && pip install -r requirements/runner.txt
COPY packaging/gpu_runner packaging/gpu_runner
COPY gpu_runner gpu_runner
COPY LICENSE README.md ./
RUN pip install --no-deps --no-build-isolation ./packaging/gpu_runner && rm -rf /src/* && install -d /var/cache/residual
COPY packaging/runner-entrypoint /usr/local/bin/runner-entrypoint
ENV RUNNER_CACHE_DIR=/var/cache/residual
WORKDIR /
ENTRYPOINT ["runner-entrypoint"]
CMD ["python", "-m", "celery", "-A", "gpu_runner.celery", "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
