package agreement

import (
	"strconv"
	"strings"
)

// fallback is the language of an agreement that says none.
const fallback = "en"

var languages = []Language{
	{"en", "English"}, {"de", "Deutsch"}, {"es", "Español"}, {"fr", "Français"}, {"it", "Italiano"}, {"pl", "Polski"}, {"pt", "Português"}, {"ru", "Русский"},
}

// phrases are the standard agreement in a language. A paragraph whose field is empty is left out, or has words of its own for that.
type phrases struct {
	button string
	label  string // {BUTTON}, {COMPANY}
	custom string // the label of a custom agreement: {BUTTON}, {NAME}
	said   string // {NAME}, {URL}

	title                    string
	give, giveAt             string // {COMPANY}; with {ADDRESS}
	data                     string
	purposes, ownPurposes    string // {PURPOSES}; where there are none
	actions, parties, period string // parties: {PARTIES}
	withdraw                 string // {EMAIL}
	after                    string
}

// text returns the agreement with fields.
func (p phrases) text(f Fields) string {
	in := strings.NewReplacer("{COMPANY}", f.Company, "{ADDRESS}", f.Address, "{PURPOSES}", f.Purposes, "{PARTIES}", f.Parties, "{EMAIL}", f.Email)
	give, purposes := p.give, p.purposes
	if f.Address != "" {
		give = p.giveAt
	}
	if f.Purposes == "" {
		purposes = p.ownPurposes
	}
	points := []string{p.data, purposes, p.actions}
	if f.Parties != "" {
		points = append(points, p.parties)
	}
	points = append(points, p.period)
	if f.Email != "" {
		points = append(points, p.withdraw)
	}
	points = append(points, p.after)
	var b strings.Builder
	b.WriteString(p.title + "\n\n" + in.Replace(give))
	for i, point := range points {
		b.WriteString("\n\n" + strconv.Itoa(i+1) + ". " + in.Replace(point))
	}
	return b.String()
}

// phrasesIn returns the words in a language, by its code: "de", "de-AT", "br".
func phrasesIn(code string) phrases {
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(code), "_", "-"), "-")
	if p, ok := standard[base]; ok {
		return p
	}
	return standard[fallback]
}

var standard = map[string]phrases{
	fallback: {
		button:      "I agree",
		label:       "By pressing “{BUTTON}” I agree that {COMPANY} processes my personal data as the consent to the processing of personal data says.",
		custom:      "By pressing “{BUTTON}” I agree to “{NAME}”.",
		said:        "By writing to us you agree to “{NAME}”: {URL}",
		title:       "Consent to the processing of personal data",
		give:        "I give {COMPANY} (“the company”) my consent, of my own free will, to the processing of my personal data as described here.",
		giveAt:      "I give {COMPANY}, {ADDRESS} (“the company”), my consent, of my own free will, to the processing of my personal data as described here.",
		data:        "The data are what I tell the company of myself, such as my name, my e-mail address, my telephone number and what I write, and what comes about while I use its pages, such as my IP address and the page on which I am.",
		purposes:    "The data are processed for these purposes: {PURPOSES}.",
		ownPurposes: "The data are processed to answer me and to do what I have asked for.",
		actions:     "The company may collect, record, store, use, correct, block and erase the data, by hand and by machine.",
		parties:     "For these purposes the data may be passed on to: {PARTIES}.",
		period:      "The consent holds until I withdraw it, or until the purposes are reached.",
		withdraw:    "I can withdraw it at any time by writing to {EMAIL}.",
		after:       "What was done before I withdraw it stays lawful. After that the company keeps only what the law obliges or allows it to keep.",
	},
	"de": {
		button:      "Ich stimme zu",
		label:       "Mit „{BUTTON}“ willige ich ein, dass {COMPANY} meine personenbezogenen Daten so verarbeitet, wie es in der Einwilligung in die Verarbeitung personenbezogener Daten steht.",
		custom:      "Mit „{BUTTON}“ stimme ich „{NAME}“ zu.",
		said:        "Wenn Sie uns schreiben, stimmen Sie „{NAME}“ zu: {URL}",
		title:       "Einwilligung in die Verarbeitung personenbezogener Daten",
		give:        "Ich willige freiwillig ein, dass {COMPANY} („das Unternehmen“) meine personenbezogenen Daten verarbeitet, wie es hier beschrieben ist.",
		giveAt:      "Ich willige freiwillig ein, dass {COMPANY}, {ADDRESS} („das Unternehmen“), meine personenbezogenen Daten verarbeitet, wie es hier beschrieben ist.",
		data:        "Die Daten sind, was ich dem Unternehmen von mir mitteile, etwa mein Name, meine E-Mail-Adresse, meine Telefonnummer und was ich schreibe, und was beim Besuch seiner Seiten anfällt, etwa meine IP-Adresse und die Seite, auf der ich bin.",
		purposes:    "Die Daten werden zu diesen Zwecken verarbeitet: {PURPOSES}.",
		ownPurposes: "Die Daten werden verarbeitet, um mir zu antworten und zu tun, worum ich gebeten habe.",
		actions:     "Das Unternehmen darf die Daten erheben, erfassen, speichern, verwenden, berichtigen, sperren und löschen, von Hand und maschinell.",
		parties:     "Zu diesen Zwecken dürfen die Daten weitergegeben werden an: {PARTIES}.",
		period:      "Die Einwilligung gilt, bis ich sie widerrufe oder die Zwecke erreicht sind.",
		withdraw:    "Ich kann sie jederzeit widerrufen, indem ich an {EMAIL} schreibe.",
		after:       "Was vor dem Widerruf geschah, bleibt rechtmäßig. Danach behält das Unternehmen nur, was es nach dem Gesetz behalten muss oder darf.",
	},
	"es": {
		button:      "Acepto",
		label:       "Al pulsar «{BUTTON}» acepto que {COMPANY} trate mis datos personales como indica el consentimiento para el tratamiento de datos personales.",
		custom:      "Al pulsar «{BUTTON}» acepto «{NAME}».",
		said:        "Al escribirnos acepta «{NAME}»: {URL}",
		title:       "Consentimiento para el tratamiento de datos personales",
		give:        "Doy libremente mi consentimiento a {COMPANY} («la empresa») para que trate mis datos personales como se describe aquí.",
		giveAt:      "Doy libremente mi consentimiento a {COMPANY}, {ADDRESS} («la empresa»), para que trate mis datos personales como se describe aquí.",
		data:        "Los datos son los que comunico a la empresa sobre mí, como mi nombre, mi correo electrónico, mi teléfono y lo que escribo, y los que se generan al usar sus páginas, como mi dirección IP y la página en la que estoy.",
		purposes:    "Los datos se tratan con estos fines: {PURPOSES}.",
		ownPurposes: "Los datos se tratan para responderme y hacer lo que he pedido.",
		actions:     "La empresa puede recoger, registrar, conservar, usar, corregir, bloquear y borrar los datos, de forma manual o automática.",
		parties:     "Para estos fines los datos pueden comunicarse a: {PARTIES}.",
		period:      "El consentimiento es válido hasta que lo retire o se cumplan los fines.",
		withdraw:    "Puedo retirarlo en cualquier momento escribiendo a {EMAIL}.",
		after:       "Lo que se hizo antes de retirarlo sigue siendo lícito. Después la empresa conserva solo lo que la ley le obliga o le permite conservar.",
	},
	"fr": {
		button:      "J’accepte",
		label:       "En appuyant sur « {BUTTON} », j’accepte que {COMPANY} traite mes données personnelles comme l’indique le consentement au traitement des données personnelles.",
		custom:      "En appuyant sur « {BUTTON} », j’accepte « {NAME} ».",
		said:        "En nous écrivant, vous acceptez « {NAME} » : {URL}",
		title:       "Consentement au traitement des données personnelles",
		give:        "Je consens librement à ce que {COMPANY} (« l’entreprise ») traite mes données personnelles comme il est décrit ici.",
		giveAt:      "Je consens librement à ce que {COMPANY}, {ADDRESS} (« l’entreprise »), traite mes données personnelles comme il est décrit ici.",
		data:        "Les données sont celles que je communique à l’entreprise sur moi, telles que mon nom, mon adresse e-mail, mon numéro de téléphone et ce que j’écris, et celles qui naissent de l’usage de ses pages, telles que mon adresse IP et la page où je me trouve.",
		purposes:    "Les données sont traitées à ces fins : {PURPOSES}.",
		ownPurposes: "Les données sont traitées pour me répondre et faire ce que j’ai demandé.",
		actions:     "L’entreprise peut collecter, enregistrer, conserver, utiliser, rectifier, bloquer et effacer les données, à la main ou de façon automatisée.",
		parties:     "À ces fins, les données peuvent être transmises à : {PARTIES}.",
		period:      "Le consentement vaut jusqu’à ce que je le retire ou que les fins soient atteintes.",
		withdraw:    "Je peux le retirer à tout moment en écrivant à {EMAIL}.",
		after:       "Ce qui a été fait avant le retrait reste licite. Ensuite, l’entreprise ne garde que ce que la loi l’oblige ou l’autorise à garder.",
	},
	"it": {
		button:      "Accetto",
		label:       "Premendo «{BUTTON}» accetto che {COMPANY} tratti i miei dati personali come indicato nel consenso al trattamento dei dati personali.",
		custom:      "Premendo «{BUTTON}» accetto «{NAME}».",
		said:        "Scrivendoci accetta «{NAME}»: {URL}",
		title:       "Consenso al trattamento dei dati personali",
		give:        "Do liberamente il mio consenso a {COMPANY} («l’azienda») a trattare i miei dati personali come descritto qui.",
		giveAt:      "Do liberamente il mio consenso a {COMPANY}, {ADDRESS} («l’azienda»), a trattare i miei dati personali come descritto qui.",
		data:        "I dati sono quelli che comunico all’azienda su di me, come il nome, l’indirizzo e-mail, il numero di telefono e ciò che scrivo, e quelli che nascono dall’uso delle sue pagine, come l’indirizzo IP e la pagina in cui mi trovo.",
		purposes:    "I dati sono trattati per questi scopi: {PURPOSES}.",
		ownPurposes: "I dati sono trattati per rispondermi e fare ciò che ho chiesto.",
		actions:     "L’azienda può raccogliere, registrare, conservare, usare, correggere, bloccare e cancellare i dati, a mano o in modo automatico.",
		parties:     "Per questi scopi i dati possono essere comunicati a: {PARTIES}.",
		period:      "Il consenso vale finché non lo revoco o finché gli scopi non sono raggiunti.",
		withdraw:    "Posso revocarlo in ogni momento scrivendo a {EMAIL}.",
		after:       "Ciò che è stato fatto prima della revoca resta lecito. Dopo, l’azienda conserva solo ciò che la legge le impone o le permette di conservare.",
	},
	"pl": {
		button:      "Zgadzam się",
		label:       "Naciskając „{BUTTON}”, zgadzam się, aby {COMPANY} przetwarzała moje dane osobowe w sposób opisany w zgodzie na przetwarzanie danych osobowych.",
		custom:      "Naciskając „{BUTTON}”, zgadzam się na „{NAME}”.",
		said:        "Pisząc do nas, zgadzają się Państwo na „{NAME}”: {URL}",
		title:       "Zgoda na przetwarzanie danych osobowych",
		give:        "Dobrowolnie wyrażam zgodę na przetwarzanie moich danych osobowych przez: {COMPANY} („firma”), w sposób tu opisany.",
		giveAt:      "Dobrowolnie wyrażam zgodę na przetwarzanie moich danych osobowych przez: {COMPANY}, {ADDRESS} („firma”), w sposób tu opisany.",
		data:        "Danymi jest to, co podaję firmie o sobie, na przykład imię i nazwisko, adres e-mail, numer telefonu i treść moich wiadomości, oraz to, co powstaje podczas korzystania z jej stron, na przykład adres IP i strona, na której jestem.",
		purposes:    "Dane są przetwarzane w tych celach: {PURPOSES}.",
		ownPurposes: "Dane są przetwarzane, aby mi odpowiedzieć i zrobić to, o co proszę.",
		actions:     "Firma może zbierać, zapisywać, przechowywać, wykorzystywać, poprawiać, blokować i usuwać dane, ręcznie i automatycznie.",
		parties:     "W tych celach dane mogą być przekazywane: {PARTIES}.",
		period:      "Zgoda obowiązuje, dopóki jej nie wycofam lub dopóki cele nie zostaną osiągnięte.",
		withdraw:    "Mogę ją wycofać w każdej chwili, pisząc na adres {EMAIL}.",
		after:       "To, co zrobiono przed wycofaniem zgody, pozostaje zgodne z prawem. Potem firma zachowuje tylko to, co prawo nakazuje lub pozwala zachować.",
	},
	"pt": {
		button:      "Aceito",
		label:       "Ao premir «{BUTTON}» aceito que {COMPANY} trate os meus dados pessoais como indica o consentimento para o tratamento de dados pessoais.",
		custom:      "Ao premir «{BUTTON}» aceito «{NAME}».",
		said:        "Ao escrever-nos, aceita «{NAME}»: {URL}",
		title:       "Consentimento para o tratamento de dados pessoais",
		give:        "Dou livremente o meu consentimento a {COMPANY} («a empresa») para que trate os meus dados pessoais como aqui se descreve.",
		giveAt:      "Dou livremente o meu consentimento a {COMPANY}, {ADDRESS} («a empresa»), para que trate os meus dados pessoais como aqui se descreve.",
		data:        "Os dados são os que comunico à empresa sobre mim, como o nome, o e-mail, o telefone e o que escrevo, e os que surgem ao usar as suas páginas, como o endereço IP e a página em que estou.",
		purposes:    "Os dados são tratados para estes fins: {PURPOSES}.",
		ownPurposes: "Os dados são tratados para me responder e fazer o que pedi.",
		actions:     "A empresa pode recolher, registar, guardar, usar, corrigir, bloquear e apagar os dados, à mão ou de forma automática.",
		parties:     "Para estes fins os dados podem ser transmitidos a: {PARTIES}.",
		period:      "O consentimento vale até que o retire ou que os fins sejam alcançados.",
		withdraw:    "Posso retirá-lo a qualquer momento, escrevendo para {EMAIL}.",
		after:       "O que foi feito antes de o retirar continua lícito. Depois a empresa guarda apenas o que a lei obriga ou permite guardar.",
	},
	"ru": {
		button:      "Я согласен",
		label:       "Нажимая «{BUTTON}», я соглашаюсь, что {COMPANY} обрабатывает мои персональные данные так, как сказано в согласии на обработку персональных данных.",
		custom:      "Нажимая «{BUTTON}», я принимаю «{NAME}».",
		said:        "Когда вы пишете нам, вы принимаете «{NAME}»: {URL}",
		title:       "Согласие на обработку персональных данных",
		give:        "Я добровольно соглашаюсь, что {COMPANY} (далее «компания») обрабатывает мои персональные данные так, как описано здесь.",
		giveAt:      "Я добровольно соглашаюсь, что {COMPANY}, {ADDRESS} (далее «компания»), обрабатывает мои персональные данные так, как описано здесь.",
		data:        "Данные — это то, что я сообщаю компании о себе, например имя, электронная почта, телефон и то, что я пишу, а также то, что возникает при посещении её страниц, например мой IP-адрес и страница, на которой я нахожусь.",
		purposes:    "Данные обрабатываются в этих целях: {PURPOSES}.",
		ownPurposes: "Данные обрабатываются, чтобы ответить мне и сделать то, о чём я прошу.",
		actions:     "Компания может собирать, записывать, хранить, использовать, исправлять, блокировать и удалять данные, вручную и автоматически.",
		parties:     "В этих целях данные могут быть переданы: {PARTIES}.",
		period:      "Согласие действует, пока я его не отзову или пока цели не достигнуты.",
		withdraw:    "Я могу отозвать его в любое время, написав на {EMAIL}.",
		after:       "Сделанное до отзыва остаётся законным. После этого компания хранит только то, что закон обязывает или позволяет хранить.",
	},
}
