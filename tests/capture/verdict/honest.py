"""Honest pages, among them many that talk about log-ins, blocks, consent and what was deleted."""

from __future__ import annotations

ABOUT = {
    "en": (
        "How to log in to your council account",
        "Many people ask why they must log in to continue. The council explains that an account keeps records private.",
        "If you see the words Access denied, or a page that checks your browser before accessing the site, wait a moment.",
    ),
    "en cloudflare": (
        "Why Cloudflare says: just a moment",
        "When a site says that it is checking your browser, a script measures whether you are human. Nothing is wrong.",
        "A captcha follows where unusual traffic from your computer network was seen. Most people pass it in seconds.",
    ),
    "en deleted": (
        "The post was deleted, the screenshots remain",
        "The mayor's post about the fire was deleted after an hour. Page not found, says the site to whoever follows it.",
        "This post is unavailable is what readers see now. The paper has kept the text, and prints it here in full.",
    ),
    "en 404": (
        "A history of the 404 page",
        "Page not found: no other message of the web is seen so often, and none was drawn with so much care by designers.",
        "Some show a dog, others a poem. The first of them simply said 404 Not Found, in black letters on a grey ground.",
    ),
    "de": (
        "Anmelden beim Bürgeramt: so geht es",
        "Viele fragen, warum sie sich anmelden müssen, um einen Termin zu sehen. Das Amt erklärt, wofür das Konto dient.",
        "Wer die Meldung Zugriff verweigert sieht, sollte einen Moment warten und die Seite danach noch einmal laden.",
    ),
    "de deleted": (
        "Gelöschte Beiträge: was das Netz vergisst",
        "Der Beitrag wurde gelöscht, doch viele hatten ihn gesehen. Seite nicht gefunden heißt es seither an dieser Stelle.",
        "Die Redaktion hat den Wortlaut gesichert. Der Verein sagt, dass der Text ein Versehen war, und bedauert ihn sehr.",
    ),
    "fr": (
        "Connexion impossible : que faire ?",
        "Vous devez être connecté pour voir cette page : ce message inquiète souvent les habitants de la commune.",
        "La mairie rappelle que l'accès refusé ne dure pas. Une page introuvable peut aussi être une simple faute de frappe.",
    ),
    "es": (
        "Por qué hay que iniciar sesión en todas partes",
        "Debes iniciar sesión para ver este contenido: la frase aparece en miles de páginas y cansa a los lectores.",
        "El ayuntamiento promete que la página no encontrada será cosa del pasado. El acceso denegado, quizá no tanto.",
    ),
    "it": (
        "Accesso negato: il caso del comune",
        "Devi effettuare l'accesso per visualizzare questa pagina, dice il sito a chi cerca il verbale della seduta.",
        "La pagina non trovata era quella dell'incendio al mulino. Il sindaco assicura che tornerà visibile entro domani.",
    ),
    "nl": (
        "Inloggen bij de gemeente wordt eenvoudiger",
        "Je moet ingelogd zijn om deze pagina te bekijken: die zin verdwijnt volgens de wethouder nog voor de zomer.",
        "Ook de melding pagina niet gevonden wordt vervangen. De brand in de molen staat er gewoon weer op, zegt hij.",
    ),
    "pl": (
        "Logowanie do urzędu: poradnik",
        "Musisz się zalogować, aby zobaczyć tę stronę: taki napis widzą mieszkańcy, którzy szukają protokołu z sesji.",
        "Dostęp zabroniony nie oznacza jeszcze błędu. Strona nie istnieje tylko wtedy, gdy adres został źle wpisany.",
    ),
    "pt": (
        "Fazer login ou não: um guia",
        "Você precisa fazer login para ver esta página: a frase surge em muitos sites da prefeitura e confunde quem lê.",
        "O acesso negado costuma durar pouco. A página não encontrada, por sua vez, indica quase sempre um erro no endereço.",
    ),
    "ru": (
        "Как войти в личный кабинет",
        "Чтобы посмотреть эту страницу, войдите или зарегистрируйтесь: такую надпись видят жители, которые ищут протокол.",
        "Доступ ограничен не навсегда. Страница не найдена, если адрес введён с ошибкой, а запись удалена её автором.",
    ),
    "ar": (
        "كيف يتم تسجيل الدخول إلى حساب البلدية",
        "يجب تسجيل الدخول لعرض هذه الصفحة، هكذا تقول الرسالة التي يراها السكان عند البحث عن محضر الجلسة الأخيرة.",
        "تقول البلدية إن رفض الوصول لا يدوم طويلا، وإن عبارة الصفحة غير موجودة تعني في الغالب خطأ في كتابة العنوان.",
    ),
    "ja": (
        "市のサイトにログインする方法について",
        "このページを表示するにはログインしてください、という案内を見て困る人が多いと市の担当者は話している。",
        "アクセスが拒否されましたと出た場合は少し待つとよい。ページが見つかりませんと出るのは住所の間違いが多いという。",
    ),
    "zh": (
        "市政网站的登录问题与解决办法",
        "请先登录后查看此页面，许多居民在寻找会议记录时都看到过这句话，市政府解释说账户可以保护个人资料的安全。",
        "如果看到访问被拒绝的提示，请稍等片刻再试。页面不存在通常是因为地址输入有误，而不是文章已经被删除。",
    ),
    "tr": (
        "Belediye hesabına giriş yapmak neden zor",
        "Bu sayfayı görmek için giriş yapmalısınız yazısı, tutanakları arayan mahalle sakinlerinin karşısına sık çıkıyor.",
        "Erişim engellendi uyarısı uzun sürmez. Sayfa bulunamadı yazısı ise çoğu zaman adresin yanlış yazıldığını gösterir.",
    ),
}
"""A headline and two paragraphs that name what walls say."""

_NAV = "<nav><a href='/'>Home</a> <a href='/login'>Log in</a> <a href='/register'>Register</a></nav>"
_LOGIN_BOX = (
    "<form action='/login' class='quick'><h3>Login</h3><label>User</label><input name=u><label>Password</label>"
    "<input type=password name=p><button>Log in</button></form>"
)
_COOKIES = (
    "<div id='cookie-banner'><h2>We value your privacy</h2><p>We use cookies to improve this site.</p>"
    "<button>Accept all</button><button>Reject all</button></div>"
)
_DISQUS = (
    "<noscript>Please enable JavaScript to view the comments powered by Disqus.</noscript><script src='/d.js'></script>"
)


def articles() -> dict[str, str]:
    """Return articles: plain, with navigation and a log-in box, with a cookie banner, with comments and a captcha."""
    pages = {}
    for language, (headline, first, second) in ABOUT.items():
        text = f"<h1>{headline}</h1><p>{first}</p><p>{second}</p>"
        pages[f"{language} plain"] = f"<title>{headline}</title>{text}"
        pages[f"{language} site"] = (
            f"<title>{headline} | River Times</title><header>{_NAV}{_LOGIN_BOX}</header><article>{text}<time datetime="
            f"'2026-11-20'>20 Nov</time></article><footer>Log in to comment</footer>"
        )
        pages[f"{language} sidebar"] = (
            f"<title>River Times - {headline}</title><div class=left>{_LOGIN_BOX}</div><div class=main>{text}</div>"
        )
        pages[f"{language} cookies"] = f"<title>{headline}</title>{_COOKIES}<main>{text}</main>{_DISQUS}"
        pages[f"{language} comments"] = (
            f"<title>{headline}</title><div>{text}</div><p>Log in to leave a comment.</p><form action='/comment'><textarea>"
            f"</textarea><input name=mail><div class='g-recaptcha'></div><button>Send</button></form>"
        )
    return pages


def lists() -> dict[str, str]:
    """Return front pages and lists: of a blog with teasers, of a forum with a log-in box, of search results."""
    teasers = "".join(
        f"<article><h2><a href='/post/{number}'>Fire at mill {number}</a></h2><p>Smoke was seen from the bridge at {number}."
        "</p><a href='/more'>Read more</a></article>"
        for number in range(1, 6)
    )
    rows = "".join(
        f"<tr><td><a href='/t/{number}'>Topic {number}: who saw the fire</a></td><td>{number * 3}</td><td>by "
        f"<a href='/u/{number}'>user{number}</a></td></tr>"
        for number in range(1, 16)
    )
    few = "".join(f"<li><a href='/t/{number}'>Thread {number}</a></li>" for number in range(1, 5))
    onward = "<link rel=next href='/page/2/'>"
    return {
        "blog": f"<title>River Blog</title>{onward}<header>{_NAV}</header><main>{teasers}</main>",
        "blog divs": f"<title>River Blog</title>{onward}<div>{_NAV}</div><div>{teasers}</div>{_COOKIES}",
        "forum": f"<title>Board index</title><div>{_NAV}</div>{_LOGIN_BOX}<table>{rows}</table>",
        "forum of one": f"<title>Flood watch - Board</title><h1>Flood watch</h1><ul>{few}</ul><div>{_NAV}</div>",
        "search": f"<title>login - search</title><h1>Results for login</h1>{teasers}",
    }


def short_pages() -> dict[str, str]:
    """Return pages that say little, and mean it."""
    return {
        "photo": "<title>My photo</title><img src='/fire.jpg' alt='Fire'>",
        "photo and script": "<title>Fire</title><img src='/a.jpg'><script src='/stats.js'></script>",
        "video": "<title>Fire</title><video src='/a.mp4'></video><script src='/p.js'></script>",
        "note": "<p>Gone fishing. Back on Monday.</p>",
        "hello": "<html><title>Hello</title><body><h1>Hello</h1><p>It works!</p></body></html>",
        "microblog": "<title>Ann</title><p>The river is up to the bridge now. Stay away from Mill Lane.</p>",
        "microblog deleted": "<title>Ann</title><p>They deleted the post about the fire. I have a copy of it.</p>",
        "stats": "<title>Mill Lane</title><h1>Mill Lane</h1><p>Fire crews are here.</p><script src='/matomo.js'></script>",
        "disqus": f"<title>Fire</title><h1>Fire on Market Street</h1><p>The mill burns since nine.</p>{_DISQUS}",
        "cookie banner": f"<title>Fire</title><h1>Fire on Market Street</h1><p>The mill burns since nine.</p>{_COOKIES}",
        "hidden dialog": (
            "<title>Fire</title><h1>Fire on Market Street</h1><p>The mill burns.</p><div hidden><h2>Log in to continue</h2>"
            "<form action=/login><input type=password></form></div>"
        ),
        "asp form": (
            "<title>Notice</title><form id=aspnetForm action='./notice.aspx' method=post><h1>Notice 5</h1><p>The bridge is "
            "closed until Friday because of the flood. Use the ford at Hill End.</p></form>"
        ),
        "registration": (
            "<title>Sign the petition</title><h1>Sign the petition</h1><p>Save the mill on Market Street. We ask the council "
            "to rebuild it as it was, with its wheel.</p><form><input name=name><input name=mail><button>Sign</button></form>"
        ),
        "thread with one deleted": (
            "<title>Who saw the fire?</title><h1>Who saw the fire?</h1><div class=post>I saw it from the bridge at nine.</div>"
            "<div class=post><i>This post was deleted by its author.</i></div><div class=post>Me too, it was large.</div>"
        ),
    }


HONEST: dict[str, str] = {**articles(), **lists(), **short_pages()}
