from django.conf import settings
from django.contrib import admin
from django.urls import include, path

admin.site.site_header = admin.site.site_title = settings.SITE_NAME

urlpatterns = [
    path("", include("pages.urls")),
    path("admin/", admin.site.urls),
]
