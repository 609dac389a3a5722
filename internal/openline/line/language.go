package line

import "strings"

// words are what a new line says to clients in a language.
type words struct {
	offHours, welcome, noAnswer, closed, autoClosed string

	ask, askByNumber, thanks, sorry string // around a rating
	agreement                       string
}

// fallback is the language of a line whose own is not among those below.
const fallback = "en"

// languages are those in which a new line can speak.
var languages = map[string]words{
	fallback: {
		offHours:    "Thank you for writing. Nobody is here at this time; we will answer as soon as we are back.",
		welcome:     "Hello! Thank you for writing, somebody will be with you in a moment.",
		noAnswer:    "It is taking us longer than it should. Your message is not lost: we will answer here.",
		closed:      "This conversation is closed. Write again whenever you need us.",
		autoClosed:  "We have not heard from you for a while and close this conversation. Write again whenever you need us.",
		ask:         "How did we do?",
		askByNumber: "How did we do? Send 1 for good, 0 for bad.",
		thanks:      "Thank you! It is good to know that we could help.",
		sorry:       "Thank you for telling us. We are sorry, and will do better.",
		agreement:   "By writing to us you agree that we keep what you write in order to answer you.",
	},
	"de": {
		offHours:    "Danke für Ihre Nachricht. Zurzeit ist niemand hier; wir antworten, sobald wir wieder da sind.",
		welcome:     "Guten Tag! Danke für Ihre Nachricht, gleich ist jemand für Sie da.",
		noAnswer:    "Es dauert länger, als es sollte. Ihre Nachricht geht nicht verloren: Wir antworten hier.",
		closed:      "Dieses Gespräch ist beendet. Schreiben Sie uns jederzeit wieder.",
		autoClosed:  "Wir haben länger nichts von Ihnen gehört und beenden dieses Gespräch. Schreiben Sie uns jederzeit wieder.",
		ask:         "Wie waren wir?",
		askByNumber: "Wie waren wir? Schreiben Sie 1 für gut, 0 für schlecht.",
		thanks:      "Danke! Schön, dass wir helfen konnten.",
		sorry:       "Danke für Ihre Offenheit. Es tut uns leid, wir machen es besser.",
		agreement:   "Wenn Sie uns schreiben, sind Sie damit einverstanden, dass wir Ihre Nachrichten aufbewahren, um sie zu beantworten.",
	},
	"ru": {
		offHours:    "Спасибо за сообщение. Сейчас никого нет на месте; мы ответим, как только вернёмся.",
		welcome:     "Здравствуйте! Спасибо, что написали, сейчас вам ответят.",
		noAnswer:    "Ответ занимает больше времени, чем нам хотелось бы. Ваше сообщение не потеряно: мы ответим здесь.",
		closed:      "Разговор завершён. Пишите снова, когда мы понадобимся.",
		autoClosed:  "От вас давно не было сообщений, поэтому мы завершаем разговор. Пишите снова, когда мы понадобимся.",
		ask:         "Как мы справились?",
		askByNumber: "Как мы справились? Отправьте 1, если хорошо, 0, если плохо.",
		thanks:      "Спасибо! Рады, что смогли помочь.",
		sorry:       "Спасибо, что сказали. Нам жаль, мы исправимся.",
		agreement:   "Когда вы пишете нам, вы соглашаетесь, что мы храним ваши сообщения, чтобы на них ответить.",
	},
	"fr": {
		offHours:    "Merci de votre message. Personne n’est là pour le moment ; nous vous répondrons dès notre retour.",
		welcome:     "Bonjour ! Merci de nous écrire, quelqu’un s’occupe de vous dans un instant.",
		noAnswer:    "Cela prend plus de temps que prévu. Votre message n’est pas perdu : nous vous répondrons ici.",
		closed:      "Cette conversation est terminée. Écrivez-nous de nouveau quand vous le souhaitez.",
		autoClosed:  "Sans nouvelles de vous depuis un moment, nous terminons cette conversation. Écrivez-nous de nouveau quand vous le souhaitez.",
		ask:         "Comment était notre aide ?",
		askByNumber: "Comment était notre aide ? Envoyez 1 si elle était bonne, 0 sinon.",
		thanks:      "Merci ! Nous sommes heureux d’avoir pu vous aider.",
		sorry:       "Merci de nous l’avoir dit. Nous sommes désolés et ferons mieux.",
		agreement:   "En nous écrivant, vous acceptez que nous conservions vos messages afin d’y répondre.",
	},
	"es": {
		offHours:    "Gracias por escribir. Ahora no hay nadie; responderemos en cuanto volvamos.",
		welcome:     "¡Hola! Gracias por escribir, enseguida le atenderá alguien.",
		noAnswer:    "Estamos tardando más de lo debido. Su mensaje no se ha perdido: responderemos aquí.",
		closed:      "Esta conversación ha terminado. Escríbanos de nuevo cuando nos necesite.",
		autoClosed:  "Hace un tiempo que no sabemos de usted y damos por terminada esta conversación. Escríbanos de nuevo cuando nos necesite.",
		ask:         "¿Qué tal lo hemos hecho?",
		askByNumber: "¿Qué tal lo hemos hecho? Envíe 1 si bien, 0 si mal.",
		thanks:      "¡Gracias! Nos alegra haber podido ayudar.",
		sorry:       "Gracias por decírnoslo. Lo sentimos y lo haremos mejor.",
		agreement:   "Al escribirnos acepta que guardemos lo que escribe para poder responderle.",
	},
	"pl": {
		offHours:    "Dziękujemy za wiadomość. Teraz nikogo tu nie ma; odpowiemy, gdy tylko wrócimy.",
		welcome:     "Dzień dobry! Dziękujemy za wiadomość, za chwilę ktoś się odezwie.",
		noAnswer:    "Trwa to dłużej, niż powinno. Wiadomość nie zginęła: odpowiemy tutaj.",
		closed:      "Ta rozmowa jest zakończona. Prosimy pisać ponownie, kiedy tylko będziemy potrzebni.",
		autoClosed:  "Od dłuższego czasu nie było od Państwa wiadomości, więc kończymy tę rozmowę. Prosimy pisać ponownie, kiedy tylko będziemy potrzebni.",
		ask:         "Jak nam poszło?",
		askByNumber: "Jak nam poszło? Prosimy wysłać 1, jeśli dobrze, 0, jeśli źle.",
		thanks:      "Dziękujemy! Cieszymy się, że mogliśmy pomóc.",
		sorry:       "Dziękujemy za szczerość. Przepraszamy, poprawimy się.",
		agreement:   "Pisząc do nas, zgadzają się Państwo, że zachowamy wiadomości, aby na nie odpowiedzieć.",
	},
	"it": {
		offHours:    "Grazie per il messaggio. Adesso non c’è nessuno; risponderemo appena saremo di nuovo qui.",
		welcome:     "Buongiorno! Grazie per averci scritto, tra un attimo qualcuno sarà da Lei.",
		noAnswer:    "Ci vuole più tempo del dovuto. Il Suo messaggio non è perso: risponderemo qui.",
		closed:      "Questa conversazione è chiusa. Ci scriva di nuovo quando vuole.",
		autoClosed:  "Non abbiamo Sue notizie da un po’ e chiudiamo questa conversazione. Ci scriva di nuovo quando vuole.",
		ask:         "Come siamo andati?",
		askByNumber: "Come siamo andati? Invii 1 se bene, 0 se male.",
		thanks:      "Grazie! Siamo lieti di aver potuto aiutare.",
		sorry:       "Grazie per avercelo detto. Ci dispiace, faremo meglio.",
		agreement:   "Scrivendoci accetta che conserviamo ciò che scrive per poterLe rispondere.",
	},
	"pt": {
		offHours:    "Obrigado pela mensagem. Agora não está ninguém; responderemos assim que voltarmos.",
		welcome:     "Olá! Obrigado por escrever, alguém falará consigo já a seguir.",
		noAnswer:    "Está a demorar mais do que devia. A sua mensagem não se perdeu: responderemos aqui.",
		closed:      "Esta conversa terminou. Escreva-nos de novo sempre que precisar.",
		autoClosed:  "Há algum tempo que não temos notícias suas e terminamos esta conversa. Escreva-nos de novo sempre que precisar.",
		ask:         "Como correu?",
		askByNumber: "Como correu? Envie 1 se bem, 0 se mal.",
		thanks:      "Obrigado! É bom saber que ajudámos.",
		sorry:       "Obrigado por nos dizer. Lamentamos e faremos melhor.",
		agreement:   "Ao escrever-nos, aceita que guardemos o que escreve para lhe responder.",
	},
}

// aliases are codes that Bitrix24 has for some of the languages.
var aliases = map[string]string{"la": "es", "br": "pt"}

// wordsIn returns what a new line says in a language, by its code: "de", "de-AT", "la".
func wordsIn(code string) words {
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(code), "_", "-"), "-")
	if other, ok := aliases[base]; ok {
		base = other
	}
	if w, ok := languages[base]; ok {
		return w
	}
	return languages[fallback]
}

// follow puts the texts that are still those of a new line in the language was into the line's language. What somebody has written stays.
func (s *Settings) follow(was string) {
	old, now := wordsIn(was), wordsIn(s.Language)
	if old == now {
		return
	}
	for _, t := range []struct {
		text      *string
		old, next string
	}{
		{&s.WorkTime.Rule.Text, old.offHours, now.offHours},
		{&s.WelcomeText, old.welcome, now.welcome},
		{&s.NoAnswer.Text, old.noAnswer, now.noAnswer},
		{&s.Close.Text, old.closed, now.closed},
		{&s.AutoClose.Text, old.autoClosed, now.autoClosed},
		{&s.Vote.Widget.Ask, old.ask, now.ask},
		{&s.Vote.Widget.Like, old.thanks, now.thanks},
		{&s.Vote.Widget.Dislike, old.sorry, now.sorry},
		{&s.Vote.Message.Ask, old.askByNumber, now.askByNumber},
		{&s.Vote.Message.Like, old.thanks, now.thanks},
		{&s.Vote.Message.Dislike, old.sorry, now.sorry},
		{&s.AgreementText, old.agreement, now.agreement},
	} {
		if *t.text == t.old {
			*t.text = t.next
		}
	}
}
