"""A step of the evaluation: asked while it is written, read afterwards. Saved as one types, or by its button."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from audit.reading import opened
from cases.dossiers import operations
from cases.dossiers.forms import StepForm
from cases.dossiers.models import Dossier, Evaluation, Participant, Person, PersonRole
from cases.dossiers.models.questions import (
    FLASH,
    JUSTICE,
    NINE,
    READ_HEALTH,
    READ_JUSTICE,
    SANTE,
    SOCIAL,
    WRITE_HEALTH,
    StepOf,
)
from cases.dossiers.operations import Keep, Outcome, Told, Written
from cases.dossiers.operations.acts import IDENTITY, INSTRUCT
from cases.dossiers.operations.agreements import agreements_of
from cases.dossiers.operations.answers import WRITABLE, Held, drafts_of, held_apart, held_of, last_version
from cases.dossiers.operations.clocks import clocks_of
from cases.dossiers.views.evaluation import shown
from cases.dossiers.views.evaluation.kept import as_posted, forget, keeps_writing, what_was_kept
from cases.dossiers.views.evaluation.words import communes_by_code, courtesy, held_words, said
from cases.dossiers.views.frame import actor, visible_dossier
from core.components import Entry
from core.errors import OperationRefused
from core.http import needs
from core.typography import hour

AUTOSAVE = "Seuil-Autosave"  # the header of what a page saves by itself
CONTESTED = "Quelqu’un a écrit au même endroit que vous. Les deux textes sont gardés : choisissez."
BY_CODE = {step.code: step for step in NINE}


@dataclass(slots=True)
class Sheet:
    """One step of one dossier before one reader."""

    request: HttpRequest
    user: User
    dossier: Dossier
    step: StepOf
    evaluation: Evaluation | None
    person: Person | None
    communes: dict[str, str]

    @property
    def is_apart(self) -> bool:
        """Health or justice."""
        return self.step in (SANTE, JUSTICE)

    @property
    def may_write(self) -> bool:
        """The role writes here, and the time has not passed; health waits for a version that is not frozen."""
        frozen = self.step is SANTE and self.evaluation is not None and self.evaluation.frozen_at is not None
        return self.user.has_perm(self.step.writes) and self.dossier.state in WRITABLE and not frozen

    def held(self) -> dict[str, Held]:
        """What is known of the questions of the step."""
        if self.is_apart:
            return held_apart(self.dossier, self.step, self.user)
        return held_of(self.dossier, self.evaluation, self.step.questions)

    def form(self, data: QueryDict | None = None, *, held: dict[str, Held] | None = None) -> StepForm:
        """The questions, known or as they were sent."""
        return StepForm(
            self.step,
            held or self.held(),
            data=data,
            name=courtesy(self.person),
            communes=list(self.communes.items()),
            more=self.request.GET.get("plus", ""),
            may_share=self.step is SANTE and self.user.has_perm(WRITE_HEALTH),
        )


@keeps_writing
@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_step(request: HttpRequest, pk: UUID, step: str) -> HttpResponse:
    """One of the nine steps."""
    if step not in BY_CODE:
        raise Http404
    return _page(request, pk, BY_CODE[step])


@keeps_writing
@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_flash(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What must be known within 72 hours, on one page, for a phone."""
    return _page(request, pk, FLASH)


@keeps_writing
@needs(READ_HEALTH)
@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_health(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Health, for who cares; what is shared of it, for the social worker."""
    return _page(request, pk, SANTE)


@keeps_writing
@needs(READ_JUSTICE)
@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_justice(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A release, a constraint of place."""
    return _page(request, pk, JUSTICE)


def _page(request: HttpRequest, pk: UUID, step: StepOf) -> HttpResponse:
    sheet = _sheet(request, pk, step)
    if request.method != "POST":
        return _show(sheet)
    if not sheet.user.has_perm(step.writes):
        raise Http404
    if "repris" in request.POST:
        return _take_up(sheet)
    return _save(sheet, _without_line(request.POST))


def _sheet(request: HttpRequest, pk: UUID, step: StepOf) -> Sheet:
    dossier = visible_dossier(request, pk)
    user = actor(request)
    member = Participant.objects.select_related("person").filter(dossier=dossier, role=PersonRole.TITULAIRE).first()
    person = member.person if member is not None and user.has_perm(IDENTITY) else None
    evaluation = last_version(dossier)
    if step in (SANTE, JUSTICE):
        opened("health.opened" if step is SANTE else "justice.opened", target=dossier.pk, dossier=dossier.pk)
    return Sheet(request, user, dossier, step, evaluation, person, communes_by_code())


def _save(sheet: Sheet, data: QueryDict) -> HttpResponse:
    """Write what is sound; say beside its field what is not; keep aside what is contested."""
    form = sheet.form(data)
    told, wrong = form.told(), form.wrong()
    try:
        done = operations.write_answers(sheet.dossier.pk, told, by=sheet.user)
        if "garder" in data:
            _settle(sheet, data)
    except OperationRefused as refusal:
        if AUTOSAVE in sheet.request.headers:
            return JsonResponse({"refused": str(refusal)}, status=409)
        messages.error(sheet.request, str(refusal))
        return _show(sheet, form=form, status=422)
    if AUTOSAVE in sheet.request.headers:
        return _told_to_script(sheet, done, wrong)
    if wrong:
        return _show(sheet, form=_as_it_stands(sheet, data, wrong), status=422)
    if done.keys(Outcome.CONTESTED):
        messages.warning(sheet.request, CONTESTED)
        return redirect(f"{sheet.request.path}#{done.keys(Outcome.CONTESTED)[0]}-deux")
    return redirect(_onward(sheet, data))


def _without_line(data: QueryDict) -> QueryDict:
    """What was sent, but the line that its button takes out."""
    line = f"{data.get('retirer', '')}-"
    if line == "-":
        return data
    kept = data.copy()
    for name in [name for name in kept if name.startswith(line)]:
        del kept[name]
    return kept


def _as_it_stands(sheet: Sheet, data: QueryDict, wrong: dict[str, str]) -> StepForm:
    """What was sent, the sound answers with the tokens that they have now: sent again, they are not contested."""
    held, after = sheet.held(), data.copy()
    for key, each in held.items():
        if key not in wrong:
            after[f"{key}-vu"] = each.token
    form = sheet.form(after, held=held)
    form.is_valid()
    return form


def _settle(sheet: Sheet, data: QueryDict) -> None:
    """« Garder le mien », « l’autre », « les deux »."""
    key, _, keep = data.get("garder", "").partition(":")
    if key not in {question.key for question in sheet.step.questions} or keep not in set(Keep):
        raise Http404
    operations.settle(sheet.dossier.pk, key, Keep(keep), seen=data.get(f"{key}-autre", ""), by=sheet.user)


def _onward(sheet: Sheet, data: QueryDict) -> str:
    """Where the button leads: the next step, another line of a table, or here again."""
    here = sheet.request.path
    if "garder" in data:
        return here
    if "ajouter" in data:
        return f"{here}?{urlencode({'plus': data['ajouter']})}#{quote(data.get('ajouter', ''))}"
    if "retirer" in data:
        return f"{here}#{quote(data.get('retirer', '').partition('-')[0])}"
    wanted = BY_CODE.get(data.get("aller", ""))
    if wanted is not None:
        return shown.address_of(sheet.dossier, wanted)
    messages.success(sheet.request, f"Enregistré à {hour(timezone.now())}.")
    return here if sheet.is_apart else reverse("dossiers:evaluation", args=[sheet.dossier.pk])


def _told_to_script(sheet: Sheet, done: Written, wrong: dict[str, str]) -> HttpResponse:
    """What became of each answer, for the script of the page. Nothing of what was written is sent back."""
    sheet.evaluation = last_version(sheet.dossier)
    held = sheet.held()
    fields: dict[str, dict[str, Any]] = {}
    for key in wrong:
        fields[key] = {"error": wrong[key]}
    for key, outcome in done.outcomes.items():
        if outcome is Outcome.WRITTEN:
            fields[key] = {"token": held[key].token}
        elif outcome is Outcome.CONTESTED:
            who, at = held[key].written_by, held[key].written_at
            when = shown.moment(at) if at is not None else ""
            fields[key] = {"contested": f"{who or 'Seuil'} a écrit ici {when}. Vos deux textes sont gardés."}
    answered = ""
    if not sheet.is_apart:
        answered = shown.progress_of(held_of(sheet.dossier, sheet.evaluation, SOCIAL)).words
    return JsonResponse({"saved": f"Enregistré à {hour(timezone.now())}", "answered": answered, "fields": fields})


def _take_up(sheet: Sheet) -> HttpResponse:
    """What was written when the session ended: saved as if it were sent now, or given up.

    Refused, or with an answer to mend, it stays offered: nothing else keeps it.
    """
    kept = what_was_kept(sheet.request, sheet.user)
    if kept is None or sheet.request.POST["repris"] != "reprendre":
        answer: HttpResponse = redirect(sheet.request.path)
        messages.info(sheet.request, "Ce texte n’est plus gardé.")
    else:
        answer = _save(sheet, as_posted(kept))
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            return answer
    forget(sheet.request, answer, sheet.user)
    return answer


def _show(sheet: Sheet, *, form: StepForm | None = None, status: int = 200) -> HttpResponse:
    held, dossier = sheet.held(), sheet.dossier
    every = held_of(dossier, sheet.evaluation, SOCIAL) if sheet.user.has_perm(INSTRUCT) else {}
    before, after = shown.neighbours(NINE, sheet.step)
    writes = sheet.may_write or form is not None  # what was sent too late is shown again, not lost
    made = form or sheet.form(held=held)
    drafts = drafts_of(dossier, sheet.user, sheet.step.questions) if writes else {}
    context = {
        "dossier": dossier,
        "step": sheet.step,
        "is_flash": sheet.step is FLASH,
        "is_apart": sheet.is_apart,
        "number": NINE.index(sheet.step) + 1 if sheet.step in NINE else 0,
        "of": len(NINE),
        "asked": made.asked() if writes else [],
        "form": made,
        "wrong": made.wrong() if form is not None else {},
        "answers": [] if writes else _read(sheet, held),
        "contested": _contested(sheet, made, held, drafts),
        "kept": _kept(sheet, held) if writes and form is None else None,
        "rings": shown.rings(dossier, every, sheet.user, sheet.step),
        "progress": shown.progress_of(every) if every else None,
        "clocks": shown.clock_words(clocks_of(dossier, sheet.evaluation), timezone.now())[:1],
        "before": before,
        "before_url": shown.address_of(dossier, before) if before else "",
        "after": after,
        "version": sheet.evaluation,
        "agreements": agreements_of(dossier) if sheet.step.code == "adhesion" else None,
        "shared": any(each.shared_on for each in held.values()) and sheet.user.has_perm(WRITE_HEALTH),
        "trail": _trail(sheet),
    }
    return render(sheet.request, "dossiers/evaluation/step.html", context, status=status)


def _trail(sheet: Sheet) -> list[Entry]:
    name = sheet.person.name if sheet.person is not None else sheet.dossier.reference
    trail = [Entry("Dossiers", reverse("dossiers:list")), Entry(name, sheet.dossier.get_absolute_url())]
    if sheet.user.has_perm(INSTRUCT):
        trail.append(Entry("Évaluation", reverse("dossiers:evaluation", args=[sheet.dossier.pk])))
    return trail


def _read(sheet: Sheet, held: dict[str, Held]) -> list[dict[str, Any]]:
    """The answers in words, when they are only read."""
    return [
        {
            "label": question.label.format(name=courtesy(sheet.person)),
            "lines": held_words(held[question.key], communes=sheet.communes),
            "shared_on": held[question.key].shared_on,
        }
        for question in sheet.step.questions
        if sheet.step is not SANTE or held[question.key].revision
    ]


def _contested(sheet: Sheet, form: StepForm, held: dict[str, Held], drafts: dict[str, Told]) -> list[dict[str, Any]]:
    labels = {asked.question.key: asked.label for asked in form.asked()} if drafts else {}
    return [
        {
            "texts": shown.two_texts(held[key].question, labels[key], mine, held[key], sheet.communes),
            "token": held[key].token,
        }
        for key, mine in drafts.items()
    ]


def _kept(sheet: Sheet, held: dict[str, Held]) -> dict[str, Any] | None:
    """« Vous aviez écrit ceci à 10 h 42, sans que ce soit enregistré » : both texts, where they differ."""
    kept = what_was_kept(sheet.request, sheet.user)
    if kept is None:
        return None
    form = sheet.form(as_posted(kept), held=held)
    labels = {asked.question.key: asked.label for asked in form.asked()}
    rows = [
        (
            labels[key],
            said(held[key].question, told.value, told.reason, communes=sheet.communes),
            held_words(held[key], communes=sheet.communes),
        )
        for key, told in form.told().items()
        if (told.value, told.reason) != (held[key].value, held[key].reason)
    ]
    rows += [(labels[key], [f"réponse à revoir : {sentence}"], []) for key, sentence in form.wrong().items()]
    return {"at": kept.at, "rows": rows}
