"""What went wrong, in French: the wallet's own sentences and hints, one by one.

The English sentence is the key, as it stands where the error is raised; a test holds the
tables to the code.
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    # The vault.
    "There is no wallet here.": "Il n'y a pas de carnet ici.",
    "A part of the wallet is a link.": "Une partie du carnet est un lien.",
    "The wallet belongs to another user.": "Ce carnet est à une autre personne.",
    "The wallet cannot be reached on this computer.": (
        "Ce carnet est inaccessible sur cet ordinateur."
    ),
    "Others on this computer can read the wallet's folder.": (
        "D'autres personnes de cet ordinateur peuvent lire le dossier du carnet."
    ),
    "There is something in this folder already.": "Il y a déjà quelque chose dans ce dossier.",
    "This wallet is open in another program.": "Ce carnet est ouvert dans un autre programme.",
    "The wallet could not be written.": "Le carnet n'a pas pu être écrit.",
    "The storage failed before; nothing more is written.": (
        "Le disque a eu une panne. Plus rien n'est écrit."
    ),
    "The wallet's file was changed or damaged.": ("Le fichier du carnet a été modifié ou abîmé."),
    "This passphrase does not open the wallet.": "Cette phrase secrète n'ouvre pas le carnet.",
    "This wallet was written by a newer Carnet.": (
        "Ce carnet vient d'une version plus récente de Carnet."
    ),
    "A part of this wallet was written by a newer Carnet.": (
        "Une partie de ce carnet vient d'une version plus récente de Carnet."
    ),
    "This is an older state of the wallet.": "C'est un état plus ancien du carnet.",
    "The wallet holds nothing under this name.": "Le carnet ne contient rien sous ce nom.",
    "The wallet holds nothing to remove.": "Le carnet n'a rien à enlever.",
    "The passphrase could not be changed.": "La phrase secrète n'a pas pu être changée.",
    # Offers and claims.
    "This is not the link of an offer.": "Ce n'est pas le lien d'une offre.",
    "This offer was already collected or has ended.": (
        "Cette offre a déjà été utilisée, ou elle est terminée."
    ),
    "This offer was used already, or it has ended.": (
        "Cette offre a déjà été utilisée, ou elle est terminée."
    ),
    "This offer cannot be read now.": "Cette offre ne peut pas être lue maintenant.",
    "This offer wants a sign-in that this wallet does not have yet.": (
        "Cette offre demande une connexion que ce carnet n'a pas encore."
    ),
    "This offer needs its collection code.": "Cette offre a besoin de son code de remise.",
    "The collection code does not have the form the issuer uses.": (
        "Le code de remise n'a pas la forme prévue par l'organisme."
    ),
    "The issuer refused the offer or the collection code.": (
        "L'organisme a refusé l'offre ou le code de remise."
    ),
    "The issuer refused to give the certificate.": (
        "L'organisme a refusé de donner l'attestation."
    ),
    "The issuer did not accept the request.": "L'organisme n'a pas accepté la demande.",
    "The issuer did not accept its own fresh number.": (
        "L'organisme n'a pas accepté son propre numéro."
    ),
    "The issuer gave no fresh number, so nothing was signed.": (
        "L'organisme n'a pas donné de numéro. Rien n'a été signé."
    ),
    "The issuer needs more time.": "L'organisme a besoin de plus de temps.",
    "The time to collect has ended.": "Le délai de remise est passé.",
    "The issuer's answer did not arrive.": "La réponse de l'organisme n'est pas arrivée.",
    "The issuer's answer cannot be read.": "La réponse de l'organisme est illisible.",
    "The issuer's first answer was lost on the way.": (
        "La première réponse de l'organisme s'est perdue."
    ),
    "The issuer's first answer was lost. This offer may be collected already.": (
        "La première réponse s'est perdue. L'offre a peut-être déjà été utilisée."
    ),
    "The wallet could not keep the issuer's answer.": (
        "Le carnet n'a pas pu garder la réponse de l'organisme."
    ),
    "The issuer answers in a way this wallet cannot use.": (
        "L'organisme répond d'une façon que ce carnet ne connaît pas."
    ),
    "The answer should have been encrypted and was not.": (
        "La réponse devait être protégée et ne l'était pas."
    ),
    "The issuer wants an encryption this wallet does not have.": (
        "L'organisme demande une protection que ce carnet n'a pas."
    ),
    "The issuer wants signatures this wallet does not make.": (
        "L'organisme demande des signatures que ce carnet ne fait pas."
    ),
    "The issuer wants a certified device; this wallet has none.": (
        "L'organisme demande un appareil agréé. Ce carnet n'en a pas."
    ),
    "The issuer names no place where its code can be used.": (
        "L'organisme n'indique pas où utiliser son code."
    ),
    "The issuer gives more certificates at once than this wallet takes.": (
        "L'organisme donne trop d'attestations à la fois pour ce carnet."
    ),
    "This issuer gives certificates only to wallets it has registered.": (
        "Cet organisme ne donne d'attestations qu'aux carnets qu'il connaît."
    ),
    "This certificate has a form this wallet cannot keep.": (
        "Cette attestation a une forme que ce carnet ne peut pas garder."
    ),
    "This certificate cannot be bound to a key of this wallet.": (
        "Cette attestation ne peut pas être liée à ce carnet."
    ),
    # What an issuer sent.
    "The issuer sent something else.": "L'organisme a envoyé autre chose.",
    "The issuer sent more copies than asked for.": ("L'organisme a envoyé trop d'exemplaires."),
    "The issuer sent a certificate already bound to a question.": (
        "L'organisme a envoyé une attestation déjà liée à une demande."
    ),
    "The certificate is from another issuer than the offer.": (
        "L'attestation vient d'un autre organisme que l'offre."
    ),
    "The certificate is of another type.": "L'attestation est d'un autre genre.",
    "The copies do not all say the same.": "Les exemplaires ne disent pas tous la même chose.",
    "The copies do not all hide the same.": ("Les exemplaires ne cachent pas tous la même chose."),
    "A copy is bound to a key that is not its own.": (
        "Un exemplaire n'est pas lié à votre carnet."
    ),
    "Two copies share the place where withdrawal is noted.": (
        "Deux exemplaires se partagent la place où un retrait est noté."
    ),
    "The address where withdrawal is noted has room for a name.": (
        "L'adresse où un retrait est noté peut contenir un nom."
    ),
    "The copies name too many addresses where withdrawal is noted.": (
        "Les exemplaires donnent trop d'adresses où un retrait est noté."
    ),
    # Requests and answers.
    "This is not the link of a request.": "Ce n'est pas le lien d'une demande.",
    "This request has ended.": "Cette demande est terminée.",
    "This request is not valid yet.": "Cette demande n'est pas encore valable.",
    "A time in this request is not a whole number.": (
        "Une date de cette demande n'est pas bien écrite."
    ),
    "The request is not signed as it has to be.": ("La demande n'est pas signée comme il le faut."),
    "The request is not signed, and this kind of asker has to sign.": (
        "La demande n'est pas signée, et elle devrait l'être."
    ),
    "The request is signed by somebody else than the asker.": (
        "La demande est signée par quelqu'un d'autre."
    ),
    "The request does not say which key signed it.": (
        "La demande ne dit pas avec quoi elle est signée."
    ),
    "The request could not be fetched where it should be.": (
        "La demande n'est pas là où elle devrait être."
    ),
    "The request has changed since you looked at it.": (
        "La demande a changé depuis que vous l'avez lue."
    ),
    "What was fetched is not a signed request.": (
        "Ce qui est arrivé n'est pas une demande signée."
    ),
    "An asker of this kind cannot sign, and this request is signed.": (
        "La demande est signée, et elle ne devrait pas l'être."
    ),
    "The asker is named in a way this wallet cannot check.": (
        "Ce carnet ne peut pas vérifier qui demande."
    ),
    "It is not sure who asks: the request's signature does not hold.": (
        "On ne sait pas qui demande : la signature ne tient pas."
    ),
    "This request asks for more than needed.": "Cette demande veut plus que nécessaire.",
    "What you ticked is not what was asked for.": (
        "Ce que vous avez coché n'est pas ce qui est demandé."
    ),
    "What you ticked is not a whole part of what was asked for.": (
        "Ce que vous avez coché n'est pas une partie entière de la demande."
    ),
    "Nothing was shown.": "Rien n'a été montré.",
    "The other side did not take your answer.": "L'autre côté n'a pas accepté votre réponse.",
    "It is not sure that your answer arrived.": (
        "Il n'est pas sûr que votre réponse soit arrivée."
    ),
    "The answer would go to an address that is not opened.": (
        "La réponse partirait vers une adresse qu'on n'ouvre pas."
    ),
    "This certificate has no such part.": "Cette attestation ne contient pas cela.",
    "The code is not six digits.": "Le code n'a pas six chiffres.",
    # The web.
    "The other side did not give a usable answer.": (
        "L'autre côté n'a pas donné de réponse utilisable."
    ),
    "A web address answers with something else.": "Une adresse répond autre chose.",
    "The other side is busy.": "L'autre côté est très occupé.",
}
HINTS: Final[Mapping[str, str]] = {
    "": "",
    "Ask for a new offer.": "Demandez une nouvelle offre.",
    "Ask for a new offer. This one cannot be used twice.": (
        "Demandez une nouvelle offre. Celle-ci ne sert qu'une fois."
    ),
    "Ask for an offer with a collection code.": "Demandez une offre avec un code de remise.",
    "Ask the issuer, then ask for a new offer.": (
        "Parlez-en à l'organisme, puis demandez une nouvelle offre."
    ),
    "Ask the issuer for several offers.": "Demandez plusieurs offres à l'organisme.",
    "Ask the person who asked. Your history notes what may have been shown.": (
        "Voyez avec la personne qui demande. Votre historique note ce qui est parti."
    ),
    "Check capital letters and the keyboard. Nothing was changed.": (
        "Vérifiez les majuscules et le clavier. Rien n'a changé."
    ),
    "Check it for missing or extra signs. It was not sent.": (
        "Vérifiez qu'il est complet. Il n'a pas été envoyé."
    ),
    "Check that you may use its folder.": "Vérifiez vos droits sur son dossier.",
    "Check the collection code. If it is right, ask for a new offer.": (
        "Vérifiez le code de remise. S'il est juste, demandez une nouvelle offre."
    ),
    "Check the name of its folder, or make one with `carnet wallet init`.": (
        "Vérifiez le nom de son dossier, ou créez-en un avec `carnet wallet init`."
    ),
    "Copy the whole link you were given.": "Copiez tout le lien que l'on vous a donné.",
    "Choose a new folder for the wallet.": "Choisissez un nouveau dossier pour le carnet.",
    "Choose a sentence you can remember.": "Choisissez une phrase que vous retiendrez.",
    "Close other programs and try again.": "Fermez d'autres programmes, puis essayez encore.",
    "Close the other one, then try again.": "Fermez l'autre, puis essayez encore.",
    "Close the wallet, check the disk, then open it again.": (
        "Fermez le carnet, vérifiez le disque, puis rouvrez-le."
    ),
    "Give the same offer again. If it is refused, ask for a new one.": (
        "Donnez encore la même offre. Si elle est refusée, demandez-en une autre."
    ),
    "Give the same offer again. Nothing was lost.": (
        "Donnez encore la même offre. Rien n'est perdu."
    ),
    "Is there a collection code? Give it with the offer.": (
        "Y a-t-il un code de remise ? Donnez-le avec l'offre."
    ),
    "It came by another way than the offer.": "Il est arrivé autrement que l'offre.",
    "Look at it with `carnet wallet show`.": "Regardez-la avec `carnet wallet show`.",
    "Look at the list of your certificates.": "Regardez la liste de vos attestations.",
    "Make it private (mode 700 for the folder, 600 for the files).": (
        "Rendez-le privé (mode 700 pour le dossier, 600 pour les fichiers)."
    ),
    "Make room on the disk, then give the same offer again. If it is refused, ask for a new one.": (
        "Libérez de la place, puis donnez encore la même offre. "
        "Si elle est refusée, demandez-en une autre."
    ),
    "Make room on the disk, then try again. What you had is still there.": (
        "Libérez de la place, puis essayez encore. Ce que vous aviez est toujours là."
    ),
    "Name the real folder, with its files in it.": (
        "Donnez le vrai dossier, avec ses fichiers dedans."
    ),
    "Nothing was kept. Tell the issuer.": "Rien n'a été gardé. Dites-le à l'organisme.",
    "Nothing was shown. Ask for a new code.": ("Rien n'a été montré. Demandez un nouveau code."),
    "Nothing was shown. Ask who sent you this request.": (
        "Rien n'a été montré. Voyez avec qui vous a envoyé cette demande."
    ),
    "Nothing was shown. Open the request again.": ("Rien n'a été montré. Rouvrez la demande."),
    "Only that user can open it.": "Elle seule peut l'ouvrir.",
    "Somebody or a backup program put old files back. Use your newest copy.": (
        "D'anciens fichiers ont été remis. Prenez votre copie la plus récente."
    ),
    "The request can only be answered as a whole, or not at all.": (
        "On répond à toute la demande, ou pas du tout."
    ),
    "The request may have ended. Ask for a new code.": (
        "La demande est peut-être terminée. Demandez un nouveau code."
    ),
    "Tick all of a part, or choose the part and the certificate yourself.": (
        "Cochez toute une partie, ou choisissez la partie et l'attestation."
    ),
    "Tick each thing you want to show, or show nothing.": (
        "Cochez chaque chose à montrer, ou ne montrez rien."
    ),
    "Try again in a minute.": "Essayez encore dans une minute.",
    "Try again later.": "Essayez encore plus tard.",
    "Try again later. If it stays so, ask for a new offer.": (
        "Essayez encore plus tard. Si rien ne change, demandez une nouvelle offre."
    ),
    "Try the same offer again later.": "Essayez encore la même offre plus tard.",
    "Type the six digits that the other page shows.": (
        "Tapez les six chiffres que montre l'autre page."
    ),
    "Update Carnet, then open it again.": "Mettez Carnet à jour, puis rouvrez-le.",
    "Use the old one; if it does not open the wallet, use the new one.": (
        "Prenez l'ancienne. Si elle n'ouvre pas le carnet, prenez la nouvelle."
    ),
    "Use your last backup. Nothing of this file was used.": (
        "Prenez votre dernière sauvegarde. Rien de ce fichier n'a été utilisé."
    ),
    "Your offer was not used. Ask the issuer which wallet to take.": (
        "Votre offre n'a pas servi. Demandez à l'organisme quel carnet prendre."
    ),
    "Your offer was not used. Tell the issuer.": (
        "Votre offre n'a pas servi. Dites-le à l'organisme."
    ),
}
