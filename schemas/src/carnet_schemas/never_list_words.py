"""The words of the never-list, French and English, as runs of plain lower-case words.

A run is refused inside a longer name (`worker_birth_date`), and written together
(`birthdate`). A word that is innocent alone stands only in longer runs.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Topic(StrEnum):
    """What the never-list is about, in words for the person who issues."""

    NATIONALITY = "nationality"
    ORIGIN = "origin"
    RESIDENCE = "residence permit"
    IDENTITY_NUMBER = "identity number or scan"
    SOCIAL_SECURITY_NUMBER = "social security number"
    BIRTH = "birth date or place"
    SEX = "sex"
    CIVIL_TITLE = "civil title"
    PHOTO = "photo or face"
    HEALTH = "health"
    UNION = "union membership"
    BELIEF = "belief or opinion"
    HOME = "home address"
    LOCATION = "location"
    ACCEPTANCE_RATE = "acceptance rate"
    RESPONSE_TIME = "response time"
    CONNECTED_HOURS = "connected hours"
    CANCELLATION = "who cancelled and why"
    PAY = "pay"


_ENGLISH: Final[Mapping[Topic, str]] = {
    Topic.NATIONALITY: "nationality; nationalities; citizenship; citizenships; citizen",
    Topic.ORIGIN: "origin; origins; ethnicity; ethnic; race; racial; skin colour; skin color;"
    " country of origin; native country; mother tongue",
    Topic.RESIDENCE: "residence permit; residency permit; residency; residence status;"
    " residence title; work permit; visa; immigration; immigration status; right to work;"
    " settled status; asylum; refugee",
    Topic.IDENTITY_NUMBER: "identity number; id number; identity card; identity document; id card;"
    " id document; id scan; identity scan; national id; personal id; personal number;"
    " personal identifier; passport; driving licence number; driving license number;"
    " licence scan; tax number; tax id; tin; document number; document scan; scan; kyc",
    Topic.SOCIAL_SECURITY_NUMBER: "social security; social security number; ssn; social insurance;"
    " national insurance; insurance number",
    Topic.BIRTH: "birth; birth date; birthdate; birthday; birth year; birth place; birthplace;"
    " date of birth; dob; place of birth; age; age over; age in years; year of birth; born",
    Topic.SEX: "sex; gender; sexual; sexual orientation; pronoun; pronouns; male; female",
    Topic.CIVIL_TITLE: "civil title; salutation; honorific; courtesy title; name prefix",
    Topic.PHOTO: "photo; photos; photograph; picture; portrait; selfie; face; facial; biometric;"
    " biometrics; fingerprint; fingerprints; image; avatar; headshot",
    Topic.HEALTH: "health; medical; disability; disabilities; disabled; handicap; illness;"
    " sickness; sick leave; pregnancy; pregnant; vaccination; blood type; diagnosis; disease",
    Topic.UNION: "union membership; union member; union; trade union; labour union; labor union;"
    " unionised; unionized",
    Topic.BELIEF: "religion; religious; belief; beliefs; political; politics; political opinion",
    Topic.HOME: "home; home address; address; street; street address; postal address; postcode;"
    " postal code; zip code; zip; residence; domicile",
    Topic.LOCATION: "gps; latitude; longitude; lat; lng; lon; geolocation; geo; location;"
    " locations; coordinates; position; geohash; track; route taken; itinerary; trajectory",
    Topic.ACCEPTANCE_RATE: "acceptance; acceptance rate; accept rate; refusal; refusals;"
    " refusal rate; declined offers; decline rate; rejection rate; offers refused;"
    " offers declined; offers accepted",
    Topic.RESPONSE_TIME: "response time; response rate; reply time; reaction time;"
    " average response; time to respond; response delay",
    Topic.CONNECTED_HOURS: "connected; connected hours; connected time; connection time;"
    " hours connected; hours online; online hours; online time; logged in hours; login time;"
    " time online; availability; available hours; shift hours; time slots; time slot",
    Topic.CANCELLATION: "cancelled; canceled; cancelled by; cancelled why; canceller;"
    " cancellation; cancellations; cancellation reason; cancellation rate; cancel reason;"
    " no show; no shows",
    Topic.PAY: "pay; paid; payment; payments; pay rate; payslip; payroll; salary; salaries; wage;"
    " wages; earnings; earned; income; revenue; remuneration; compensation; hourly rate;"
    " day rate; daily rate; amount; amounts; amount eur; price; fee; fees; tip; tips; bonus;"
    " iban; bank account; turnover",
}
_FRENCH: Final[Mapping[Topic, str]] = {
    Topic.NATIONALITY: "nationalite; nationalites; citoyennete; citoyen; citoyenne",
    Topic.ORIGIN: "origine; origines; ethnie; ethnique; race; couleur de peau;"
    " pays d origine; langue maternelle",
    Topic.RESIDENCE: "titre de sejour; titre sejour; carte de sejour; sejour; permis de sejour;"
    " permis de travail; autorisation de travail; recepisse; asile; refugie; refugiee;"
    " statut migratoire",
    Topic.IDENTITY_NUMBER: "numero d identite; numero identite; carte d identite; carte identite;"
    " piece d identite; piece identite; cni; passeport; numero de passeport; numero fiscal;"
    " numero de piece; numero de permis; scan; copie de piece; justificatif d identite;"
    " justificatif identite",
    Topic.SOCIAL_SECURITY_NUMBER: "securite sociale; numero de securite sociale; secu;"
    " numero secu; nir; carte vitale; numero ss; insee; numero insee",
    Topic.BIRTH: "naissance; date de naissance; date naissance; lieu de naissance;"
    " lieu naissance; annee de naissance; anniversaire; ne le; nee le; ne a; nee a",
    Topic.SEX: "sexe; genre; orientation sexuelle; homme; femme",
    Topic.CIVIL_TITLE: "civilite; civilites; titre de civilite; titre civil; formule de politesse",
    Topic.PHOTO: "photographie; photos; visage; portrait; biometrie; biometrique; empreinte;"
    " empreintes; photo d identite; photo identite; trombinoscope",
    Topic.HEALTH: "sante; medical; medicale; medicaux; handicap; handicape; handicapee; maladie;"
    " arret maladie; arret de travail; grossesse; enceinte; invalidite; rqth; aptitude medicale;"
    " visite medicale; vaccin; groupe sanguin",
    Topic.UNION: "syndicat; syndique; syndiquee; syndicale; appartenance syndicale;"
    " adhesion syndicale; adherent syndical",
    Topic.BELIEF: "religieux; religieuse; confession; croyance; croyances; politique;"
    " opinion politique; opinions",
    Topic.HOME: "domicile; adresse; adresse postale; adresse du domicile; rue; code postal;"
    " cp; lieu de residence; commune de residence; ville de residence",
    Topic.LOCATION: "localisation; geolocalisation; coordonnees; coordonnees gps; trajet; trajets;"
    " itineraire; position gps; parcours gps; lieu",
    Topic.ACCEPTANCE_RATE: "taux d acceptation; taux acceptation; acceptation; refus;"
    " taux de refus; offres refusees; courses refusees; missions refusees; offres acceptees",
    Topic.RESPONSE_TIME: "temps de reponse; delai de reponse; temps reponse; delai reponse;"
    " taux de reponse; temps de reaction; reactivite",
    Topic.CONNECTED_HOURS: "heures de connexion; heures connexion; temps de connexion;"
    " temps connexion; heures connectees; heures connecte; temps connecte; temps en ligne;"
    " heures en ligne; connexion; disponibilite; disponibilites; creneaux; plages horaires",
    Topic.CANCELLATION: "annulation; annulations; annule par; annulee par; annule; annulee;"
    " motif d annulation; motif annulation; taux d annulation; taux annulation;"
    " absence injustifiee; absences injustifiees",
    Topic.PAY: "paie; paye; payes; payee; paiement; paiements; bulletin de paie; fiche de paie;"
    " salaire; salaires; remuneration; remunerations; revenu; revenus; gains; gain; tarif;"
    " tarifs; taux horaire; montant; montants; prix; pourboire; pourboires; prime; primes;"
    " chiffre d affaires; rib; compte bancaire; honoraires",
}


def _runs(topic: Topic) -> frozenset[tuple[str, ...]]:
    listed = f"{_ENGLISH[topic]};{_FRENCH.get(topic, '')}"
    return frozenset(tuple(run.split()) for run in listed.split(";") if run.strip())


RUNS: Final[Mapping[Topic, frozenset[tuple[str, ...]]]] = {topic: _runs(topic) for topic in Topic}
