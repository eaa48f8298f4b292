"""Addresses of a dossier’s household and of its residential path. `member` is a stay, `period` a line of the path."""

from __future__ import annotations

from django.urls import path

from cases.dossiers.views import household_acts as acts
from cases.dossiers.views import household_page as page
from cases.dossiers.views import path as paths

household = [
    path("<uuid:pk>/menage/", page.household, name="household"),
    path("<uuid:pk>/menage/ajouter/", acts.add_member, name="add_member"),
    path("<uuid:pk>/menage/animaux/", acts.animals, name="animals"),
    path("<uuid:pk>/menage/reunir/", acts.unite, name="unite"),
    path("<uuid:pk>/menage/naissance/", acts.expect, name="expect_birth"),
    path("<uuid:pk>/menage/naissance/<uuid:birth>/", acts.born, name="born"),
    path("<uuid:pk>/menage/naissance/<uuid:birth>/retirer/", acts.close_birth, name="close_birth"),
    path("<uuid:pk>/menage/<uuid:member>/", page.person, name="person"),
    path("<uuid:pk>/menage/<uuid:member>/corriger/", acts.correct_member, name="correct_member"),
    path("<uuid:pk>/menage/<uuid:member>/depart/", acts.leave, name="leave"),
    path("<uuid:pk>/menage/<uuid:member>/titulaire/", acts.titulaire, name="titulaire"),
    path("<uuid:pk>/menage/<uuid:member>/separer/", acts.split, name="split"),
    path("<uuid:pk>/parcours/", paths.path_page, name="path"),
    path("<uuid:pk>/parcours/ajouter/<uuid:member>/", paths.add_period, name="add_period"),
    path("<uuid:pk>/parcours/<uuid:period>/corriger/", paths.correct_period, name="correct_period"),
    path("<uuid:pk>/parcours/<uuid:period>/fin/", paths.end_period, name="end_period"),
    path("<uuid:pk>/parcours/<uuid:period>/copier/", paths.copy_period, name="copy_period"),
    path("<uuid:pk>/parcours/<uuid:period>/retirer/", paths.withdraw_period, name="withdraw_period"),
]
