"""Every address of the site."""

from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("accounts/", include("residual.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("labs/", include("labs.urls")),
    path("reviews/", include("residual.reviews.urls")),
    path("api/", include("labs.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("favicon.ico", RedirectView.as_view(url="/static/ui/favicon.svg", permanent=True)),
    path("", include("residual.pages.urls")),
]

handler500 = "residual.pages.errors.server_error"
