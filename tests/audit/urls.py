"""Small pages of these tests, beside those of the product."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import URLPattern, URLResolver, include, path
from django.utils import timezone

from audit.middleware import writes_on_get
from audit.reading import opened
from cases.dossiers.models import Dossier, Person
from core.models import OutboxMessage


def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Shows a name, and tells that it was read."""
    found = Person.objects.get(pk=pk)
    dossier = Dossier.objects.get(participants__person=found)
    opened("dossier.opened", target=dossier.pk, dossier=dossier.pk)
    opened("dossier.opened", target=dossier.pk, dossier=dossier.pk)
    return HttpResponse(found.name)


def person_hidden_in_a_template(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A template that compares an encrypted value: `{% if %}` takes every error for false."""
    template = Template("{% if person.last_name == 'Orsel' %}elle{% else %}une autre{% endif %}")
    return HttpResponse(template.render(Context({"person": Person.objects.get(pk=pk)})))


def act_then_open(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A POST that opens a value."""
    return HttpResponse(Person.objects.get(pk=pk).name)


def write(request: HttpRequest) -> HttpResponse:
    """Forgets that a GET writes nothing."""
    OutboxMessage.objects.create(task="test", created_at=timezone.now(), due_at=timezone.now())
    return HttpResponse("écrit")


@writes_on_get
def write_on_get(request: HttpRequest) -> HttpResponse:
    """Says that it writes."""
    return write(request)


def absent(request: HttpRequest) -> HttpResponse:
    raise Http404


def wrong_sql(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    return HttpResponse()


@login_not_required
def who(request: HttpRequest) -> HttpResponse:
    """Who acts, as PostgreSQL sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('seuil.actor'), current_setting('transaction_read_only')")
        return HttpResponse(" ".join(cursor.fetchone()))


urlpatterns: list[URLPattern | URLResolver] = [
    path("test/personne/<uuid:pk>/", person),
    path("test/comparee/<uuid:pk>/", person_hidden_in_a_template),
    path("test/acte/<uuid:pk>/", act_then_open),
    path("test/ecrit/", write),
    path("test/ecrit-et-le-dit/", write_on_get),
    path("test/absent/", absent),
    path("test/sql/", wrong_sql),
    path("test/qui/", who),
    path("", include("config.urls")),
]
