"""Pages in the likeness of those that well-known sites and programs send, cut down to what they are known by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hashing.case import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Likeness:
    """A page, the verdict that it deserves, where it was redirected to, and its status and head."""

    verdict: str
    html: str
    final: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


LIKENESSES = (
    Likeness(
        verdict.LOGIN,
        (
            "<title>Instagram</title><script src=/s.js></script><div id=mount></div><main><article><h1>"
            'Instagram</h1><form id=loginForm><input name=username aria-label="Phone number, username, or '
            'email"><input type=password name=password><button>Log in</button></form><div>OR</div><a '
            "href=/fb>Log in with Facebook</a><a href=/reset>Forgot password?</a><p>Don't have an account? "
            "<a href=/signup>Sign up</a></p></article></main>"
        ),
        final="https://site.example/accounts/login/?next=/p/1",
    ),
    Likeness(
        verdict.LOGIN,
        (
            "<title>Log into Facebook | Facebook</title><div><a href=/>facebook</a></div><div>You must log "
            'in to continue.</div><div><form action="/login/device-based/regular/login/"><input name=email>'
            "<input type=password name=pass><button>Log In</button><a href=/recover>Forgotten account?</a>"
            "</form></div><div>" + "".join(f"<a href=/l{i}>Language {i}</a>" for i in range(40)) + ""
            "</div><div>Meta © 2026</div>"
        ),
    ),
    Likeness(
        verdict.LOGIN,
        (
            "<title>Sign Up | LinkedIn</title><main><h1>Join LinkedIn</h1><form action=/signup><label>"
            "Email</label><input name=email><label>Password</label><input type=password "
            "autocomplete=new-password><button>Agree & Join</button></form><p>Already on LinkedIn? <a "
            "href=/login>Sign in</a></p></main>"
        ),
        final="https://site.example/authwall?trk=x&sessionRedirect=https%3A%2F%2Fsite.example%2Fp%2F1",
    ),
    Likeness(
        verdict.LOGIN,
        (
            "<title>vBulletin Message</title><div class=panel><div><strong>You are not logged in or you do "
            "not have permission to access this page. This could be due to one of several reasons:</strong>"
            "<ol><li>You are not logged in. Fill in the form at the bottom of this page and try again.</li>"
            "<li>You may not have sufficient privileges to access this page.</li></ol></div><form "
            "action=login.php?do=login><label>User Name:</label><input name=u><label>Password:</label><input "
            'type=password><input type=submit value="Log in"></form></div>'
        ),
    ),
    Likeness(
        verdict.LOGIN,
        (
            "<title>Board - Information</title><div id=page><h2>Information</h2><p>You are not authorised to "
            'read this forum.</p><form action="./ucp.php?mode=login"><h3>Login</h3><input name=username>'
            "<input type=password><input type=submit value=Login></form></div>"
        ),
    ),
    Likeness(
        verdict.LOGIN,
        (
            "<title>Quora</title><div>Something went wrong. Wait a moment and try again.</div><div><h2>Sign "
            "In</h2><div>Continue with Google</div><input name=email><input type=password><button>"
            "Login</button></div>"
        ),
    ),
    Likeness(
        verdict.LOGIN,
        ("<title>X</title><div><h1>Log in to X</h1><a href=/i/flow/login>Sign in</a></div>"),
        final="https://site.example/i/flow/login?redirect_after_login=%2Fp%2F1",
    ),
    Likeness(
        verdict.LOGIN,
        (
            "<title>Private group</title><h1>Mill Lane Neighbours</h1><p>Private group · 312 members</p><p>"
            'Join this group to see the discussion.</p><a href="/login/?next=/groups/1">Log in</a>'
        ),
    ),
    Likeness(
        verdict.LOGIN,
        (
            "<title>Sign in - Google Accounts</title><h1>Sign in</h1><p>to continue to Drive</p><input "
            "type=email><button>Next</button>"
        ),
        final="https://accounts.google.example/v3/signin/identifier?continue=https%3A%2F%2Fsite.example%2Fp%2F1",
    ),
    Likeness(
        verdict.CHALLENGE,
        (
            "<title>Attention Required! | Cloudflare</title><div id=cf-wrapper><div id=cf-error-details><h1>"
            "Sorry, you have been blocked</h1><h2>You are unable to access site.example</h2><h2>Why have I "
            "been blocked?</h2><p>This website is using a security service to protect itself from online "
            "attacks. The action you just performed triggered the security solution. There are several "
            "actions that could trigger this block including submitting a certain word or phrase, a SQL "
            "command or malformed data.</p><h2>What can I do to resolve this?</h2><p>You can email the site "
            "owner to let them know you were blocked. Please include what you were doing when this page came "
            "up and the Cloudflare Ray ID found at the bottom of this page.</p></div></div>"
        ),
        status=403,
    ),
    Likeness(
        verdict.CHALLENGE,
        (
            "<title>Just a moment...</title><noscript>Enable JavaScript and cookies to continue</noscript>"
            "<script>window._cf_chl_opt={}</script>"
        ),
        status=200,
    ),
    Likeness(
        verdict.CHALLENGE,
        (
            '<title>Access to this page has been denied</title><script>window._pxAppId="x"</script><div '
            "id=px-captcha></div><p>Press & Hold to confirm you are a human (and not a bot).</p>"
        ),
        status=200,
    ),
    Likeness(
        verdict.CHALLENGE,
        (
            '<title>site.example</title><p id="cmsg">Please enable JS and disable any ad blocker</p><script>'
            'var dd={}</script><script src="https://ct.captcha-delivery.com/c.js"></script>'
        ),
        status=403,
    ),
    Likeness(
        verdict.CHALLENGE,
        (
            "<title>Google</title><form id=captcha-form action=index method=post><div class=g-recaptcha>"
            "</div></form><hr><div><b>About this page</b><br><br>Our systems have detected unusual traffic "
            "from your computer network.  This page checks to see if it's really you sending the requests, "
            "and not a robot.  <a href=#>Why did this happen?</a></div>"
        ),
        final="https://www.google.example/sorry/index?continue=https://x",
    ),
    Likeness(
        verdict.CHALLENGE,
        (
            "<title>Robot Check</title><h4>Enter the characters you see below</h4><p>Sorry, we just need to "
            "make sure you're not a robot. For best results, please make sure your browser is accepting "
            "cookies.</p><form action=/errors/validateCaptcha><img src=/captcha/x.jpg><input "
            "name=field-keywords><button>Continue shopping</button></form>"
        ),
    ),
    Likeness(
        verdict.CHALLENGE,
        (
            "<html><head><title>Making sure you&#39;re not a bot!</title></head><body id=top><main><h1>"
            "Making sure you're not a bot!</h1><p>Loading...</p><details><summary>Why am I seeing "
            "this?</summary><p>You are seeing this because the administrator of this website has set up "
            "Anubis to protect the server against the scourge of AI companies aggressively scraping "
            "websites. This can and does cause downtime for the websites, which makes their resources "
            "inaccessible for everyone.</p></details><script "
            'src="/.within.website/x/cmd/anubis/static/js/main.mjs"></script></main>'
        ),
    ),
    Likeness(
        verdict.CHALLENGE,
        (
            '<html><head><META NAME="robots" CONTENT="noindex,nofollow"><script '
            'src="/_Incapsula_Resource?SWJIYLWA=5074a744"></script></head><body></body></html>'
        ),
    ),
    Likeness(
        verdict.CHALLENGE,
        (
            '<html><body><script src="/aes.js"></script><script>function toNumbers(d){} '
            'document.cookie="__test="+toHex(slowAES.decrypt(c,2,a,b)); '
            'location.href="http://site.example/p/1?i=1";</script><noscript>This site requires Javascript to '
            "work, please enable Javascript in your browser</noscript></body></html>"
        ),
    ),
    Likeness(
        verdict.LIMITED,
        (
            "<title>Too Many Requests</title><h1>whoa there, pardner!</h1><p>Your request has been blocked "
            "due to a network policy.</p>"
        ),
        status=429,
    ),
    Likeness(
        verdict.CONSENT,
        (
            "<title>Bevor Sie zu YouTube weitergehen</title><div><h1>Bevor Sie zu YouTube weitergehen</h1>"
            "<div>Wir verwenden Cookies und Daten, um</div><ul><li>unsere Dienste bereitzustellen und zu "
            "unterhalten</li><li>Ausfälle zu verfolgen und uns vor Spam, Betrug und Missbrauch zu "
            'schützen</li><li>Daten zu Zielgruppeninteraktionen zu erheben</li></ul><p>Wenn Sie "Alle '
            'akzeptieren" auswählen, verwenden wir Cookies und Daten auch, um neue Dienste zu entwickeln.</p>'
            '<form action="https://consent.youtube.com/save"><input type=submit value="Alle akzeptieren">'
            "</form></div>"
        ),
        final="https://consent.youtube.com/m?continue=https%3A%2F%2Fsite.example%2Fp%2F1&gl=DE",
    ),
    Likeness(
        verdict.CONSENT,
        (
            "<title>DER SPIEGEL</title><h1>Willkommen bei SPIEGEL.de</h1><h2>Mit Werbung weiterlesen</h2><p>"
            "Besuchen Sie SPIEGEL.de wie gewohnt mit Werbung und Tracking.</p><button>Akzeptieren und "
            "weiter</button><h2>… oder PUR-Abo</h2><button>Jetzt abonnieren</button>"
        ),
        final="https://site.example/consent-a-?targetUrl=x",
    ),
    Likeness(
        verdict.CONSENT,
        (
            "<title>reddit.com: over 18?</title><h3>You must be 18+ to view this community</h3><p>You must "
            "be at least eighteen years old to view this content. Are you over eighteen and willing to see "
            "adult content?</p><form><button name=over18 value=no>no thank you</button><button name=over18 "
            "value=yes>continue</button></form>"
        ),
        final="https://site.example/over18?dest=x",
    ),
    Likeness(
        verdict.GONE,
        (
            "<title>Instagram</title><h2>Sorry, this page isn't available.</h2><div>The link you followed "
            "may be broken, or the page may have been removed. <a href=/>Go back to Instagram.</a></div>"
        ),
    ),
    Likeness(
        verdict.GONE,
        (
            "<title>Video unavailable</title><div>This video is no longer available because the YouTube "
            "account associated with this video has been terminated.</div>"
        ),
    ),
    Likeness(
        verdict.GONE,
        ("<title>Post | Bluesky</title><h1>Post</h1><div>Post not found</div>"),
    ),
    Likeness(
        verdict.GONE,
        ("<title>Ann (@ann) · Mastodon</title><h1>The page you are looking for isn't here.</h1>"),
    ),
    Likeness(
        verdict.GONE,
        (
            '<html><head><title>Oops! That page can’t be found. – River</title></head><body class="error404">'
            "<h1>Oops! That page can’t be found.</h1><p>It looks like nothing was found at this location. "
            "Maybe try one of the links below or a search?</p><ul>"
            + "".join(f"<li><a href=/{i}>Recent post number {i} about the fire</a></li>" for i in range(14))
            + ""
            "</ul></body></html>"
        ),
    ),
    Likeness(
        verdict.GONE,
        ("<title>Telegram: Contact @x</title><div class=msg>Post not found</div>"),
    ),
    Likeness(
        verdict.GONE,
        ("<title>page not found - reddit</title><h3>there doesn't seem to be anything here</h3>"),
    ),
    Likeness(
        verdict.SHELL,
        (
            "<title>X</title><noscript><div><h1>JavaScript is not available.</h1><p>We’ve detected that "
            "JavaScript is disabled in this browser. Please enable JavaScript or switch to a supported "
            'browser to continue using x.com.</p></div></noscript><div id="react-root"><div id=placeholder>'
            '</div></div><div id="ScriptLoadFailure"><form><div>Something went wrong, but don’t fret — let’s '
            "give it another shot.</div><button>Try again</button></form></div><script src=/m.js></script>"
        ),
    ),
    Likeness(
        verdict.SHELL,
        (
            "<title>Mastodon</title><div class=app-holder id=mastodon><noscript><img src=/logo.svg "
            "alt=Mastodon><div>To use the Mastodon web application, please enable JavaScript. Alternatively, "
            "try one of the native apps for Mastodon for your platform.</div></noscript></div><script "
            "src=/p.js></script>"
        ),
    ),
    Likeness(
        verdict.SHELL,
        ('<title>TikTok</title><div id=app></div><script id="__UNIVERSAL_DATA_FOR_REHYDRATION__">{}</script>'),
    ),
    Likeness(
        verdict.SHELL,
        ('<title>Discord</title><div id="app-mount"></div><script src="/a.js"></script>'),
    ),
    Likeness(
        verdict.LOGIN,
        '<title>Anmeldung erforderlich - Gartenforum</title><div class="error">Du bist nicht angemeldet oder hast keine Rechte, diese Seite zu betreten.</div><form action="/index.php?login"><input name="u"><input type="password"><input type="submit" value="Anmelden"></form>',
    ),
    Likeness(
        verdict.LOGIN,
        "<title>Espace membres</title><h2>Veuillez vous identifier</h2><form method=post><input name=login><input type=password name=mdp><input type=submit value=Valider></form>",
    ),
    Likeness(
        verdict.LOGIN,
        '<title>Foro del pueblo</title><p>Lo sentimos, este hilo es solo para miembros. <a href="/login">Identifícate</a> o <a href="/register">regístrate</a>.</p>',
    ),
    Likeness(
        verdict.LOGIN,
        '<title>Авторизация</title><div>Для просмотра необходимо авторизоваться</div><form action="/auth"><input name=l><input type=password></form>',
    ),
    Likeness(
        verdict.LOGIN,
        '<title>会員専用ページ</title><p>このコンテンツを閲覧するには会員登録が必要です。</p><a href="/login">ログイン</a>',
    ),
    Likeness(
        verdict.LOGIN,
        '<title>Private profile</title><h1>This account is private</h1><p>Follow this account to see their photos and videos.</p><a href="/accounts/login/">Log in</a>',
    ),
    Likeness(
        verdict.LOGIN,
        '<title>LinkedIn</title><h1>Sign in to view more content</h1><p>Create your free account or sign in to continue your search</p><form action="/uas/login-submit"><input name=session_key><input type=password name=session_password></form>',
    ),
    Likeness(
        verdict.LOGIN,
        '<title>SSO</title><form action="https://idp.example/saml"><input type=hidden name=SAMLRequest><noscript><input type=submit value=Continue></noscript></form><script>document.forms[0].submit()</script>',
        final="https://idp.example/sso/redirect?SAMLRequest=x",
    ),
    Likeness(
        verdict.LOGIN,
        '<html><body><div id="root"><form><h2>Welcome!</h2><input type="email" placeholder="Email"><input type="password"><button type="submit">Continue</button></form></div><script src="/a.js"></script></body></html>',
    ),
    Likeness(
        verdict.CHALLENGE,
        '<title>Please Wait... | Cloudflare</title><h1>One more step</h1><p>Please complete the security check to access site.example</p><div class="h-captcha"></div>',
    ),
    Likeness(
        verdict.CHALLENGE,
        '<title>DDoS-GUARD</title><h1>Checking your browser before accessing site.example.</h1><p>Please wait a few seconds. Once this check is complete, the website will open automatically</p><script src="https://check.ddos-guard.net/check.js"></script>',
    ),
    Likeness(
        verdict.CHALLENGE,
        "<title>403 - Forbidden: Access is denied.</title><h1>Server Error</h1><h2>403 - Forbidden: Access is denied.</h2><h3>You do not have permission to view this directory or page using the credentials that you supplied.</h3>",
        status=403,
    ),
    Likeness(
        verdict.CHALLENGE,
        '<title>Vérification</title><h1>Vérifions que vous êtes bien humain</h1><div class="cf-turnstile"></div>',
    ),
    Likeness(
        verdict.CHALLENGE,
        '<title>Ой!</title><h1>Подтвердите, что запросы отправляли вы, а не робот</h1><form action="/checkcaptcha"><div class="CheckboxCaptcha"></div></form>',
        final="https://site.example/showcaptcha?retpath=x",
    ),
    Likeness(
        verdict.CHALLENGE,
        '<title>百度安全验证</title><div id="wrap">网络不给力，请稍后重试</div>',
        final="https://wappass.example/static/captcha/tuxing.html",
    ),
    Likeness(
        verdict.CHALLENGE,
        "<title>Pardon Our Interruption</title><p>As you were browsing something about your browser made us think you were a bot. There are a few reasons this might happen:</p><ul><li>You're a power user moving through this website with super-human speed.</li><li>You've disabled JavaScript in your web browser.</li></ul><div id=\"distilIdentificationBlock\"></div>",
    ),
    Likeness(
        verdict.CHALLENGE,
        "<title>ERROR: The request could not be satisfied</title><h1>403 ERROR</h1><h2>The request could not be satisfied.</h2>Request blocked. We can't connect to the server for this app or website at this time.",
        status=403,
    ),
    Likeness(verdict.LIMITED, "<title>Hold on</title><p>You are being rate limited. Try again in 30 seconds.</p>"),
    Likeness(verdict.LIMITED, "<title>Error</title><h1>Error 429</h1><p>Too many requests from your IP address.</p>"),
    Likeness(
        verdict.CONSENT,
        '<title>Your privacy</title><h1>We and our partners store and access information</h1><p>on your device.</p><form action="/consent/accept"><button>Accept All</button><button>Manage settings</button></form>',
    ),
    Likeness(
        verdict.CONSENT,
        "<title>Yahoo ist Teil der Yahoo Markenfamilie</title><div>Wenn Sie unsere Websites und Apps nutzen, verwenden wir Cookies.</div><form method=post><button name=agree>Alle akzeptieren</button><button>Alle ablehnen</button></form>",
        final="https://consent.yahoo.example/v2/collectConsent?sessionId=3",
    ),
    Likeness(
        verdict.CONSENT,
        "<title>Altersprüfung</title><h1>Bist du 18 Jahre oder älter?</h1><button>Ja</button><button>Nein</button>",
    ),
    Likeness(
        verdict.GONE, "<title>Fehler 404</title><h1>Ups!</h1><p>Die Seite, die du suchst, gibt es nicht (mehr).</p>"
    ),
    Likeness(
        verdict.GONE,
        "<title>Contenu indisponible</title><h1>Ce contenu n'est pas disponible pour le moment</h1><p>Le propriétaire ne l'a partagé qu'avec un petit groupe de personnes.</p>",
    ),
    Likeness(
        verdict.GONE,
        "<title>Facebook</title><h2>This content isn't available right now</h2><p>When this happens, it's usually because the owner only shared it with a small group of people, changed who can see it or it's been deleted.</p>",
    ),
    Likeness(verdict.GONE, "<title>X</title><h1>Hmm...this page doesn’t exist. Try searching for something else.</h1>"),
    Likeness(verdict.GONE, "<title>Tweet</title><div>This Post was deleted by the Post author. Learn more</div>"),
    Likeness(
        verdict.GONE,
        '<title>Вконтакте</title><div class="message_page_body">Запись удалена или скрыта её автором</div>',
    ),
    Likeness(verdict.GONE, "<title>Nie można znaleźć strony</title><h1>Ta strona wyparowała</h1>"),
    Likeness(
        verdict.GONE,
        "<title>Pagina non disponibile</title><p>Il link potrebbe non funzionare oppure la Pagina potrebbe essere stata rimossa.</p>",
    ),
    Likeness(verdict.GONE, "<title>查無此頁</title><h1>很抱歉，您要找的頁面不存在</h1>"),
    Likeness(
        verdict.GONE,
        "<title>Diese Anzeige ist nicht mehr verfügbar</title><h1>Anzeige nicht mehr verfügbar</h1><p>Ähnliche Anzeigen:</p>"
        + "".join(f"<div><a href=/a/{i}>Fahrrad {i}</a> 50 €</div>" for i in range(15)),
    ),
    Likeness(
        verdict.SHELL,
        '<title>Web App</title><app-shell></app-shell><script src="runtime.js" type="module"></script><noscript>Please enable JavaScript to continue using this application.</noscript>',
    ),
    Likeness(
        verdict.SHELL,
        '<!doctype html><html><head><title>Site</title></head><body><div id="q-app"></div><script type="module" src="/assets/index.js"></script></body></html>',
    ),
    Likeness(
        verdict.SHELL,
        '<html><body><div class="loader"><div class="spinner"></div></div><div class="content"></div><script src="/app.js"></script></body></html>',
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Log in | Wiktionary</title><h1>log in</h1><p>Verb: to gain access to a computer system, usually by giving a user name and a password.</p><p>Synonyms: sign in, log on. Antonym: log out. The word is from the log book of a ship, in which each entry was written by hand; the sense grew with time sharing systems in the 1960s.</p><p>Translations: German einloggen, French se connecter, Spanish iniciar sesión.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        '<title>How do I fix Error 404? - Help Forum</title><h1>How do I fix Error 404?</h1><div>I get "Page not found" on my own site after moving it.</div><div>Check your .htaccess file. It worked for me.</div><div><a href=/login>Log in to reply</a></div>',
    ),
    Likeness(
        verdict.CONTENT,
        '<title>Neighbourhood watch</title><h1>Notice board</h1><p>Meeting on Monday.</p><div><a href="/login">Log in</a></div>',
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Status</title><h1>All systems operational</h1><p>No incidents today.</p><script src=/s.js></script>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Robot or human? A play</title><h1>Robot or human? A play in two acts</h1><p>At the town hall on Friday. Tickets at the door.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Too many requests for the night bus</title><h1>Too many requests for the night bus</h1><p>The council has had more than 400 letters.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Cookies</title><h1>Oat cookies</h1><p>We use butter, oats and honey. Bake for ten minutes.</p><button>Print</button>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Über 18: das neue Wahlrecht</title><h1>Über 18: das neue Wahlrecht</h1><p>Der Rat berät am Montag.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Missing cat</title><h1>Not found yet: our cat Tom</h1><p>Last seen on Mill Lane.</p><img src=/tom.jpg>",
    ),
    Likeness(
        verdict.CONTENT, "<title>Error</title><h1>Human error caused the fire</h1><p>The inspector said so today.</p>"
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Forum</title><table>"
        + "".join(f"<tr><td><a href=/t/{i}>Topic {i}</a></td></tr>" for i in range(5))
        + '</table><form action=/login>Username <input name=u> Password <input type=password> <input type=submit value="Log in"></form>',
    ),
    Likeness(
        verdict.CONTENT,
        '<title>Ann on the river: "They asked me to log in to continue"</title><h1>Ann</h1><p>"They asked me to log in to continue", what a day</p><span>3 likes</span>',
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Página de inicio</title><h1>Bienvenidos</h1><p>Ayuntamiento de la villa. Horario de 9 a 14.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Access denied: the story of a locked door</title><article><h1>Access denied: the story of a locked door</h1><p>Once upon a time there was a door in the mill.</p></article>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Loading dock hours</title><h1>Loading dock</h1><p>Open 6 to 18.</p><script src=a.js></script>",
    ),
    Likeness(
        verdict.LOGIN,
        "<title>Site</title><dialog open><h2>Log in to see this post</h2><form><input name=u><input type=password><button>Log in</button></form></dialog>",
    ),
    Likeness(
        verdict.LOGIN,
        "<title>Chat</title><div>To view this channel, please sign in.</div><button onclick=\"location='/signin'\">Sign in</button>",
    ),
    Likeness(
        verdict.LOGIN,
        "<title>Abo</title><h1>Flut in Hill End</h1><p>Das Wasser stieg in der Nacht.</p><div class=paywall><h2>Bitte melden Sie sich an, um weiterzulesen</h2><a href=/login>Anmelden</a></div>",
    ),
    Likeness(verdict.GONE, "<title>Site</title><main><h1>404</h1><h2>Strona nie istnieje</h2></main>"),
    Likeness(
        verdict.GONE,
        "<title>Not Found</title><h1>Not Found</h1><p>The requested URL was not found on this server.</p><hr><address>Apache Server at site Port 80</address>",
    ),
    Likeness(
        verdict.GONE, "<title>Whoops, page not found | Shop</title><h1>We can’t find the page you’re looking for</h1>"
    ),
    Likeness(
        verdict.GONE, "<title>Le sujet n’existe plus - Forum</title><p>Le sujet que vous cherchez n’existe pas.</p>"
    ),
    Likeness(verdict.GONE, "<title>Info</title><div class=message>Thema nicht gefunden.</div>"),
    Likeness(verdict.GONE, '<title>Forum</title><div class="panel">The requested topic does not exist.</div>'),
    Likeness(
        verdict.GONE,
        "<title>Invalid Thread | Board</title><p>No Thread specified. If you followed a valid link, please notify the administrator</p>",
    ),
    Likeness(
        verdict.GONE,
        "<title>Account suspended</title><h1>Account suspended</h1><p>X suspends accounts which violate the X Rules</p>",
    ),
    Likeness(verdict.GONE, "<title>Kanal nicht verfügbar</title><p>Dieser Kanal ist nicht verfügbar.</p>"),
    Likeness(verdict.GONE, "<title>یافت نشد</title><h1>صفحه مورد نظر یافت نشد</h1>"),
    Likeness(
        verdict.CHALLENGE,
        "<title>Validation request</title><p>Please solve this puzzle to show that you are not a robot</p><img src=/captcha.png><form action=/validate><input name=captcha><button>Submit</button></form>",
    ),
    Likeness(
        verdict.CHALLENGE,
        '<title>Sicherheitsüberprüfung</title><p>Bitte bestätigen Sie, dass Sie kein Roboter sind.</p><iframe src="https://www.google.com/recaptcha/api2/anchor"></iframe>',
    ),
    Likeness(
        verdict.CHALLENGE,
        "<title>Blocked</title><h1>Your IP address has been blocked</h1><p>Contact the administrator.</p>",
    ),
    Likeness(
        verdict.CHALLENGE,
        '<html><head><title></title></head><body><script>window.gokuProps={}</script><script src="https://x.token.awswaf.com/challenge.js"></script><noscript><h1>JavaScript is disabled</h1>In order to continue, we need to verify that you\'re not a robot.</noscript></body></html>',
        status=202,
    ),
    Likeness(verdict.LIMITED, "<title>Attendez</title><h1>Vous avez effectué trop de requêtes</h1>"),
    Likeness(verdict.LIMITED, "<title>Instagram</title><h2>Please wait a few minutes before you try again.</h2>"),
    Likeness(
        verdict.CONSENT,
        "<title>Cookie-Hinweis</title><h1>Ihre Einwilligung</h1><p>Wir und unsere 200 Partner speichern Informationen.</p><button>Zustimmen</button><button>Einstellungen</button>",
    ),
    Likeness(
        verdict.SHELL, '<title>フィード</title><div id="root"><div>読み込み中...</div></div><script src=/m.js></script>'
    ),
    Likeness(
        verdict.SHELL,
        '<html><head><title>Dashboard</title></head><body><noscript><iframe src="https://www.googletagmanager.com/ns.html"></iframe></noscript><div id="main-app" data-v-app></div><script src="/js/chunk-vendors.js"></script></body></html>',
    ),
    Likeness(
        verdict.SHELL,
        '<html lang=en><title>T</title><body><next-route-announcer></next-route-announcer><div id="__next"><div></div></div><script src="/_next/a.js"></script></body></html>',
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Warum wurde mein Beitrag gelöscht?</title><h1>Warum wurde mein Beitrag gelöscht?</h1><p>Die Regeln stehen oben.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Was ist ein Captcha?</title><h1>Was ist ein Captcha?</h1><p>Ein Bild mit Buchstaben. Es prüft, ob ein Mensch fragt.</p><img src=/captcha-beispiel.png>",
    ),
    Likeness(
        verdict.CONTENT,
        '<title>Cloudflare outage</title><h1>Cloudflare outage hits shops</h1><p>Sites said "Just a moment" for hours. Shops lost sales on Friday, the firm said.</p>',
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Elle a supprimé son message</title><h1>Elle a supprimé son message</h1><p>La maire s'excuse.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>JavaScript kurs</title><h1>JavaScript für Anfänger</h1><p>Bitte aktivieren Sie JavaScript im Browser, bevor Sie beginnen. Dann öffnen Sie die Konsole.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Register of burials</title><h1>Register of burials</h1><ul><li>Ann Lee 1901</li><li>Tom Hill 1911</li></ul>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Ask: forgot password?</title><h1>Ask: how do you remember passwords?</h1><div>I write them down.</div><div>A manager helps.</div>",
    ),
    Likeness(
        verdict.CONTENT,
        '<title>Ann Lee (@ann@mill.example)</title><article><p>Logged in again after a year. Hello world.</p><time datetime="2026-11-20">20 Nov</time></article>',
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Photo by Ann</title><figure><img src=/p.jpg><figcaption>Fire on Market Street</figcaption></figure><a href=/login>Log in</a><a href=/signup>Sign up</a>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Нет входа: забор у мельницы</title><h1>Нет входа: забор у мельницы</h1><p>Доступ закрыт до пятницы.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Ingresso gratuito al museo</title><h1>Ingresso gratuito al museo</h1><p>Domenica dalle 9.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Entrar na universidade</title><h1>Entrar na universidade: guia</h1><p>As provas são em maio.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Wait times</title><h1>Wait times at the clinic</h1><p>Two hours today.</p><script src=/t.js></script>",
    ),
    Likeness(verdict.CONTENT, "<title>Maintenance</title><h1>Bridge maintenance</h1><p>The bridge is closed.</p>"),
    Likeness(
        verdict.THIN,
        "<title>Anmeldung zum Sommerlauf</title><h1>Anmeldung zum Sommerlauf</h1><p>Startgeld 5 Euro.</p><form><input name=name><input name=mail><button>Anmelden</button></form>",
    ),
    Likeness(
        verdict.THIN,
        "<title>Anmeldung</title><h1>Anmeldung zum Kurs</h1><form><input name=name><input name=mail><textarea></textarea><button>Anmelden</button></form>",
    ),
    Likeness(verdict.CONTENT, "<title>Logowanie drewna</title><h1>Zwózka drewna z lasu</h1><p>W sobotę o ósmej.</p>"),
    Likeness(
        verdict.GONE,
        "<title>Home | Site</title><h1>Site</h1><h2><a href=/p/9>Newest</a></h2><h2><a href=/p/8>Older</a></h2><h2><a href=/p/7>Oldest</a></h2>",
        final="https://site.example/",
    ),
    Likeness(
        verdict.GONE, "<title>Seite</title><h1>Willkommen</h1><p>Flüsse und Seen.</p>", final="https://site.example/de/"
    ),
    Likeness(
        verdict.LOGIN,
        "<title>Welcome</title><form method=post><h2>Welcome back</h2><input type=email name=e><button>Next</button></form>",
        final="https://accounts.site.example/v3/identifier?continue=https%3A%2F%2Fsite.example%2Fp%2F1",
    ),
    Likeness(
        verdict.CHALLENGE,
        "<title>Hold tight</title><h1>You are now in line</h1><p>Your estimated wait is 4 minutes.</p><script src=https://static.queue-it.net/script/queueclient.min.js></script>",
        final="https://site.queue-it.net/?c=site&t=https%3A%2F%2Fsite.example%2Fp%2F1",
    ),
    Likeness(
        verdict.CONSENT,
        "<title>DPG Media Privacy Gate</title><h1>Jouw privacy</h1><p>Met jouw toestemming plaatsen wij cookies.</p><button>Akkoord</button>",
        final="https://myprivacy.site.example/consent?callbackUrl=https%3A%2F%2Fsite.example%2Fp%2F1",
    ),
    Likeness(
        verdict.LIMITED,
        "<title>Yavaşlayın</title><p>Çok sık istek gönderdiniz. Lütfen bir süre sonra yeniden deneyin.</p>",
        headers={"retry-after": "120"},
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Lock</title><script>window._pxAppId='PX1'</script><script src=/init.js></script><h1>Lock</h1><p>A dozen people spent the weekend clearing branches from the lower lock after the storm, and two boats were lent to them for it. The towpath is open.</p>",
        headers={"x-datadome": "protected"},
    ),
    Likeness(
        verdict.GONE,
        "<title>Vævekredsen</title><body class='phpbb section-viewtopic'><h1>Vævekredsen</h1><div id=message class=panel><h2 class=message-title>Besked</h2><p>Her er ikke noget af den slags.</p></div>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Looms</title><body class='phpbb section-viewtopic'><h1>Looms</h1><div id=p12 class='post bg2'><div class=postbody>Which loom fits a small room?</div></div><div id=message>Quick reply</div>",
    ),
    Likeness(
        verdict.GONE,
        "<title>Virhe</title><h1>Kangaspuut</h1><div id=fatal_error><h3>Virhe</h3><p>Tuota aihetta ei juuri nyt ole.</p></div>",
    ),
    Likeness(
        verdict.LOGIN,
        "<title>Weavers</title><h1>Welcome to the Weavers' Circle of Hill Street</h1><p>This is a private community, you must log in to continue.</p><p>Members talk here about looms, wool, cotton, dyes and the price of each of them since 1998, and meet in winter.</p>",
        final="https://site.example/login",
    ),
    Likeness(
        verdict.GONE,
        "<title>Kudonta</title><p>Katso myös näitä: villa, puuvilla, kangaspuut.</p>",
        final="https://site.example/error/deleted?id=5",
    ),
    Likeness(
        verdict.CHALLENGE,
        "<title>Film</title><div class=geoblock><h1>Filmen ses ikke herfra</h1><p>Du er i et andet land lige nu.</p></div>",
    ),
    Likeness(
        verdict.LIMITED,
        "<title>访问过于频繁 - 织布网</title><h1>访问过于频繁</h1><ul><li><a href=/1>小房间的织布机</a><li><a href=/2>棉花多少钱</a><li><a href=/3>冬天的聚会</a><li><a href=/4>羊毛</a></ul>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Rate limits | Weave API</title><h1>Rate limits</h1><p>Our API gives each key sixty calls in a minute. With more, the status code 429 comes back, and the header says when to go on.</p>",
    ),
    Likeness(
        verdict.CONTENT,
        "<title>Looms - Index</title><h1>Looms</h1><form action=/login><p>Welcome, Guest. Please log in or register.</p><input name=user><input type=password></form><p>Wool, cotton and silk</p><p>Last: Pepa in Re: it creaks when cold</p><p>Today at 10:12</p><p>Small rooms and how people weave in them all the same</p><p>Last: Mirek in Re: which one to buy for a small room</p><p>Market for all that is sold and bought</p>",
    ),
)
