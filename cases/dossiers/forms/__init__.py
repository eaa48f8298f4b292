"""What pages ask of a dossier: to open it, to evaluate it, to act on it, to share it."""

from cases.dossiers.forms.access import PersonForm, ProtectForm, ShareForm, UrgencyForm
from cases.dossiers.forms.acts import ActForm
from cases.dossiers.forms.agreement import CompleteForm, NameForm, WhoForm
from cases.dossiers.forms.agreements import AgreementForm, WithdrawalForm
from cases.dossiers.forms.answers import Asked, StepForm
from cases.dossiers.forms.documents import AskForm, JoinForm, RemovalForm, SeenForm
from cases.dossiers.forms.letters import LetterDraftForm, SentForm
from cases.dossiers.forms.meeting import AGREES, AgainForm, MeetingForm
from cases.dossiers.forms.opening import ETHOS_OF_IML, OpenForm

__all__ = [
    "AGREES",
    "ETHOS_OF_IML",
    "ActForm",
    "AgainForm",
    "AgreementForm",
    "AskForm",
    "Asked",
    "CompleteForm",
    "JoinForm",
    "LetterDraftForm",
    "MeetingForm",
    "NameForm",
    "OpenForm",
    "PersonForm",
    "ProtectForm",
    "RemovalForm",
    "SeenForm",
    "SentForm",
    "ShareForm",
    "StepForm",
    "UrgencyForm",
    "WhoForm",
    "WithdrawalForm",
]
