"""Pages that sites send in the place of the one that was asked for, made of their wording in many languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hashing.case import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGIN = {
    "en": ("Log in", "Please log in", "You must be logged in to view this page.", "Password"),
    "de": ("Anmelden", "Bitte melden Sie sich an", "Sie müssen angemeldet sein, um diese Seite zu sehen.", "Passwort"),
    "fr": ("Connexion", "Connectez-vous", "Vous devez être connecté pour voir cette page.", "Mot de passe"),
    "es": ("Iniciar sesión", "Inicia sesión", "Debes iniciar sesión para ver este contenido.", "Contraseña"),
    "it": ("Accedi", "Effettua il login", "Devi effettuare l'accesso per visualizzare questa pagina.", "Password"),
    "nl": ("Inloggen", "Log in", "Je moet ingelogd zijn om deze pagina te bekijken.", "Wachtwoord"),
    "pl": ("Zaloguj się", "Logowanie", "Musisz się zalogować, aby zobaczyć tę stronę.", "Hasło"),
    "pt": ("Entrar", "Iniciar sessão", "Você precisa fazer login para ver esta página.", "Senha"),
    "ru": ("Вход", "Войти", "Чтобы посмотреть эту страницу, войдите или зарегистрируйтесь.", "Пароль"),
    "ar": ("تسجيل الدخول", "سجل الدخول", "يجب تسجيل الدخول لعرض هذه الصفحة.", "كلمة المرور"),
    "ja": ("ログイン", "ログイン", "このページを表示するにはログインしてください。", "パスワード"),
    "zh": ("登录", "请登录", "请先登录后查看此页面。", "密码"),
    "tr": ("Giriş yap", "Oturum aç", "Bu sayfayı görmek için giriş yapmalısınız.", "Şifre"),
    "ko": ("로그인", "로그인", "이 페이지를 보려면 로그인이 필요합니다.", "비밀번호"),
    "sv": ("Logga in", "Logga in", "Du måste vara inloggad för att se sidan.", "Lösenord"),
    "da": ("Log ind", "Log ind", "Du skal være logget ind for at se siden.", "Adgangskode"),
    "cs": ("Přihlášení", "Přihlásit se", "Pro zobrazení stránky se musíte přihlásit. Musíte se přihlásit.", "Heslo"),
}
"""A title or button, a heading, a demand, and what the field for the password is called."""

CHALLENGE = {
    "en": ("Just a moment...", "Checking your browser before accessing the site."),
    "en access": ("Access Denied", "You don't have permission to access this server. Reference #18.5a"),
    "en human": ("Verify you are human", "Please complete the captcha to continue."),
    "en traffic": ("Sorry...", "Our systems have detected unusual traffic from your computer network."),
    "de": ("Einen Moment bitte", "Wir haben ungewöhnlichen Datenverkehr aus Ihrem Netz festgestellt."),
    "de access": ("Zugriff verweigert", "Ihre Anfrage wurde blockiert."),
    "fr": ("Un instant…", "Vérification de sécurité: confirmez que vous êtes un humain."),
    "fr access": ("Accès refusé", "Votre adresse a été bloquée."),
    "es": ("Un momento…", "Verificando que eres humano."),
    "it": ("Accesso negato", "Abbiamo rilevato traffico anomalo dalla tua rete."),
    "nl": ("Toegang geweigerd", "We zien ongewoon verkeer van uw netwerk."),
    "pl": ("Dostęp zabroniony", "Wykryliśmy nietypowy ruch."),
    "pt": ("Acesso negado", "Detectamos tráfego incomum."),
    "ru": ("Доступ ограничен", "Подтвердите, что запросы отправляли вы, а не робот."),
    "ar": ("تم رفض الوصول", "التحقق من أنك إنسان"),
    "ja": ("アクセスが拒否されました", "人間であることを確認しています。"),
    "zh": ("安全验证", "请完成安全验证后继续访问。"),
    "tr": ("Erişim engellendi", "Robot olmadığınızı doğrulayın."),
}  # fmt: skip

LIMITED = {
    "en": ("Too Many Requests", "You have sent too many requests. Please try again later."),
    "en limit": ("Rate limit exceeded", "Please wait a few moments then try again."),
    "de": ("Zu viele Anfragen", "Bitte versuchen Sie es später erneut."),
    "fr": ("Trop de requêtes", "Veuillez réessayer plus tard."),
    "es": ("Demasiadas solicitudes", "Inténtelo de nuevo más tarde."),
    "it": ("Troppe richieste", "Riprova più tardi."),
    "nl": ("Te veel verzoeken", "Probeer het later opnieuw."),
    "pl": ("Zbyt wiele żądań", "Spróbuj ponownie później."),
    "pt": ("Muitas solicitações", "Tente novamente mais tarde."),
    "ru": ("Слишком много запросов", "Повторите попытку позже."),
    "ar": ("طلبات كثيرة جدًا", "يرجى المحاولة لاحقًا."),
    "ja": ("リクエストが多すぎます", "しばらくしてからもう一度お試しください。"),
    "zh": ("请求过于频繁", "请稍后再试。"),
    "tr": ("Çok fazla istek", "Lütfen daha sonra tekrar deneyin."),
}

CONSENT = {
    "en": ("Before you continue to the video site", "We use cookies and data.", "Accept all"),
    "de": ("Bevor Sie zur Suche weitergehen", "Wir verwenden Cookies und Daten.", "Alle akzeptieren"),
    "fr": ("Avant de continuer", "Nous utilisons des cookies.", "Tout accepter"),
    "es": ("Antes de continuar", "Usamos cookies.", "Aceptar todo"),
    "it": ("Prima di continuare", "Utilizziamo i cookie.", "Accetta tutto"),
    "nl": ("Voordat je verdergaat", "We gebruiken cookies.", "Alles accepteren"),
    "pl": ("Zanim przejdziesz dalej", "Używamy plików cookie.", "Zaakceptuj wszystko"),
    "pt": ("Antes de continuar", "Usamos cookies.", "Aceitar tudo"),
    "ru": ("Прежде чем продолжить", "Мы используем файлы cookie.", "Принять все"),
    "ar": ("قبل المتابعة", "نستخدم ملفات تعريف الارتباط.", "قبول الكل"),
    "ja": ("続行する前に", "Cookie を使用しています。", "すべて同意する"),
    "zh": ("继续之前", "我们使用 Cookie。", "全部接受"),
    "tr": ("Devam etmeden önce", "Çerezleri kullanıyoruz.", "Tümünü kabul et"),
    "age": ("Are you over 18?", "This community may contain adult content.", "I am over 18"),
}

GONE = {
    "en": ("Page not found", "Sorry, we couldn't find that page."),
    "en 404": ("404", "Oops! Nothing was found here."),
    "en post": ("This post is unavailable", "The post was deleted by its author."),
    "en account": ("This account doesn't exist", "Try searching for another."),
    "en link": ("Sorry, this page isn't available.", "The link you followed may be broken."),
    "de": ("Seite nicht gefunden", "Die gewünschte Seite existiert nicht."),
    "de post": ("Dieser Beitrag wurde gelöscht", "Der Beitrag ist nicht mehr verfügbar."),
    "fr": ("Page introuvable", "La page que vous cherchez n'existe pas."),
    "es": ("Página no encontrada", "Lo sentimos, la página no existe."),
    "it": ("Pagina non trovata", "La pagina che cerchi non esiste."),
    "nl": ("Pagina niet gevonden", "Deze pagina bestaat niet."),
    "pl": ("Nie znaleziono strony", "Strona nie istnieje."),
    "pt": ("Página não encontrada", "Esta página não existe."),
    "ru": ("Страница не найдена", "Запрашиваемая страница не существует."),
    "ar": ("الصفحة غير موجودة", "لم يتم العثور على الصفحة."),
    "ja": ("ページが見つかりません", "お探しのページは存在しません。"),
    "zh": ("页面不存在", "抱歉，您访问的页面不存在。"),
    "tr": ("Sayfa bulunamadı", "Aradığınız sayfa mevcut değil."),
    "ko": ("페이지를 찾을 수 없습니다", "요청하신 페이지가 존재하지 않습니다."),
    "sv": ("Sidan hittades inte", "Sidan finns inte."),
}

NOSCRIPT = {
    "en": "You need to enable JavaScript to run this app.",
    "en works": "This site doesn't work properly without JavaScript enabled.",
    "de": "Bitte aktivieren Sie JavaScript, um diese Seite zu nutzen.",
    "fr": "Veuillez activer JavaScript pour continuer.",
    "es": "Necesitas habilitar JavaScript para ejecutar esta aplicación.",
    "it": "Per usare questa pagina devi attivare JavaScript.",
    "nl": "Schakel JavaScript in om deze pagina te gebruiken.",
    "pl": "Aby korzystać z tej strony, włącz JavaScript.",
    "pt": "Você precisa habilitar o JavaScript para executar este aplicativo.",
    "ru": "Для работы сайта необходимо включить JavaScript.",
    "ar": "يرجى تفعيل JavaScript لعرض هذه الصفحة.",
    "ja": "このサイトを利用するにはJavaScriptを有効にしてください。",
    "zh": "请启用JavaScript以使用本网站。",
    "tr": "Bu uygulamayı çalıştırmak için JavaScript'i etkinleştirmeniz gerekiyor.",
}

_LINKS = "".join(f'<a href="/{name.lower()}">{name}</a> ' for name in ("Home", "News", "Forum", "Imprint", "Privacy"))


def login_pages() -> dict[str, str]:
    """Return log-in walls: a form with or without a name for it, a demand with a link alone, a page of old tables."""
    pages = {}
    for language, (title, heading, demand, password) in LOGIN.items():
        form = (
            f'<form method="post" action="/session"><label>E-mail</label><input name="user"><label>{password}</label>'
            f'<input type="password" name="pass"><button>{title}</button></form>'
        )
        pages[f"{language} form"] = f"<title>{title} | River Board</title><h1>{heading}</h1>{form}<a href='/lost'>?</a>"
        pages[f"{language} bare form"] = f"<title>River Board</title><div><div>{form}</div></div>"
        pages[f"{language} demand"] = (
            f"<title>River Board</title><nav>{_LINKS}</nav><div class=msg><p>{demand}</p></div>"
            f"<p><a href='/login'>{title}</a></p><footer>{_LINKS}</footer>"
        )
        pages[f"{language} table"] = (
            f"<html><head><title>River Board - {title}</title></head><body bgcolor=white><table><tr><td>{_LINKS}</td></tr>"
            f"<tr><td><b>{demand}</b></td></tr><tr><td><form action='login.php?do=login'><input name=u>"
            f"<input type=password name=p><input type=submit value='{title}'></form></td></tr></table></body></html>"
        )
    return pages


def worded_pages(words: Mapping[str, tuple[str, ...]], *, buttons: bool = False) -> dict[str, str]:
    """Return pages with a title and a sentence: as a heading, in plain blocks, between navigation and footer."""
    pages = {}
    for language, (title, said, *button) in words.items():
        act = f"<button>{button[0]}</button><button>…</button>" if buttons else ""
        pages[f"{language} heading"] = f"<title>{title}</title><h1>{title}</h1><p>{said}</p>{act}"
        pages[f"{language} site"] = (
            f"<title>{title} – River Board</title><header><nav>{_LINKS}</nav></header><main><h1>{title}</h1><p>{said}</p>{act}"
            f"</main><footer>{_LINKS}</footer>"
        )
        pages[f"{language} div"] = (
            f"<title>River Board</title><div>{_LINKS}</div><div><div><h2>{title}</h2><div>{said}</div>{act}</div></div>"
        )
    return pages


def shell_pages() -> dict[str, str]:
    """Return shells: an empty root with and without a word for browsers without scripts."""
    pages = {
        "empty root": '<title>App</title><div id="root"></div><script src="/main.js"></script>',
        "state": '<title>App</title><div id="__next"></div><script id="__NEXT_DATA__">{"props":{}}</script>',
        "own element": '<title>App</title><app-root></app-root><script type="module" src="/m.js"></script>',
        "loading": '<title>App</title><div id="app"><div class="spin">Loading...</div></div><script src="/a.js"></script>',
        "nothing": "<html><head><script src='/bundle.js' defer></script></head><body></body></html>",
    }
    for language, words in NOSCRIPT.items():
        pages[f"{language} noscript"] = (
            f"<title>App</title><noscript>{words}</noscript><div id='react-root'></div><script src='/x.js'></script>"
        )
        pages[f"{language} styled"] = (
            f"<html><head><title>Feed</title><script src='/x.js'></script></head><body class=dark><noscript><div class=box><p>"
            f"{words}</p></div></noscript><section class=outlet></section></body></html>"
        )
    return pages


WALLS: dict[str, dict[str, str]] = {
    verdict.LOGIN: login_pages(),
    verdict.CHALLENGE: worded_pages(CHALLENGE),
    verdict.LIMITED: worded_pages(LIMITED),
    verdict.CONSENT: worded_pages(CONSENT, buttons=True),
    verdict.GONE: worded_pages(GONE),
    verdict.SHELL: shell_pages(),
}
