package letter

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	// original are the lines by which programs begin the mail that is answered.
	original = regexp.MustCompile(`(?i)^[\s>*_-]*-{2,}\s*(original message|original appointment|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine|message transféré|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|исходное сообщение|пересылаемое сообщение|wiadomość oryginalna)\s*-{2,}\s*$`)
	fromLine = regexp.MustCompile(`(?i)^\*?(from|von|de|da|van|от|od|från|fra)\s*:\*?\s*\S`)
	sentLine = regexp.MustCompile(`(?i)^\*?(sent|date|gesendet|datum|envoyé|enviado|enviado el|fecha|inviato|data|verzonden|отправлено|дата|wysłano|skickat|dato)\s*:\*?\s*\S`)
	subjLine = regexp.MustCompile(`(?i)^\*?(subject|betreff|objet|asunto|oggetto|assunto|onderwerp|тема|temat|ämne|emne)\s*:`)
	// opens is how a line begins that says who wrote and when, where it is broken in two.
	opens = regexp.MustCompile(`(?i)^(on|am|le|el|il|em|op|den|dnia|w dniu|[0-9]|пн|вт|ср|чт|пт|сб|вс|понед|втор|сред|четв|пятн|субб|воскр)`)
	wrote = regexp.MustCompile(`(?i)(wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|написал|пишет|napisał|skrev).{0,80}:\s*$`)
)

// Cut parts an answer from the mail that it quotes below or above itself. What is written between quoted lines stays with them. kept is
// false where the rest was not marked line by line, so that something of the answer may be in it: the caller keeps the whole. Where
// nothing of its own would be left, own is the whole text.
func Cut(text string) (own, rest string, marked bool) {
	lines := strings.Split(text, "\n")
	at, marked := len(lines), true
	for i, l := range lines {
		if original.MatchString(l) || headed(lines[i:]) {
			at, marked = i, false
			break
		}
	}
	if at == len(lines) {
		at = quoteBelow(lines)
	} else if at > 0 && strings.Trim(lines[at-1], "_- ") == "" {
		at-- // a ruler
	}
	own, rest = strings.TrimSpace(strings.Join(lines[:at], "\n")), strings.TrimSpace(strings.Join(lines[at:], "\n"))
	if top := quoteAbove(lines[:at]); rest == "" && top > 0 {
		own, rest = strings.TrimSpace(strings.Join(lines[top:], "\n")), strings.TrimSpace(strings.Join(lines[:top], "\n"))
	}
	if own == "" {
		return text, "", true
	}
	return own, rest, marked
}

// headed reports whether lines begin with the header of a mail.
func headed(lines []string) bool {
	if !fromLine.MatchString(lines[0]) {
		return false
	}
	sent, subject := false, false
	for _, l := range lines[1:min(len(lines), 8)] {
		sent, subject = sent || sentLine.MatchString(l), subject || subjLine.MatchString(l)
	}
	return sent && subject
}

func quoted(line string) bool { return strings.HasPrefix(line, ">") }

// quoteBelow returns where the quoted lines at the end of a text begin, with the line that says whose they are.
func quoteBelow(lines []string) int {
	at := len(lines)
	for i, l := range slices.Backward(lines) {
		switch {
		case quoted(l):
			at = i
		case strings.TrimSpace(l) != "":
			return attributed(lines, at)
		}
	}
	return at
}

// attributed takes the lines before a quotation with it that say who wrote it, and when.
func attributed(lines []string, at int) int {
	if at == len(lines) {
		return at
	}
	i := at - 1
	for i >= 0 && strings.TrimSpace(lines[i]) == "" {
		i--
	}
	best := at
	for n := range 3 { // the line may be broken in up to three
		if i-n < 0 || strings.TrimSpace(lines[i-n]) == "" || quoted(lines[i-n]) {
			break
		}
		text := strings.Join(lines[i-n:i+1], " ")
		if utf8.RuneCountInString(text) < 400 && wrote.MatchString(text) && (n == 0 || opens.MatchString(lines[i-n])) {
			best = i - n
		}
	}
	return best
}

// quoteAbove returns where the quoted lines at the beginning of a text end.
func quoteAbove(lines []string) int {
	first := 0
	for first < len(lines) && !quoted(lines[first]) {
		first++
	}
	if first == len(lines) || attributedFrom(lines, first) != 0 {
		return 0
	}
	end := first
	for i := first; i < len(lines); i++ {
		switch {
		case quoted(lines[i]):
			end = i + 1
		case strings.TrimSpace(lines[i]) != "":
			if slices.ContainsFunc(lines[i:], quoted) {
				return 0 // written in between
			}
			return end
		}
	}
	return 0
}

// attributedFrom returns where a quotation begins, counting the line that says whose it is; 0 where it begins the text.
func attributedFrom(lines []string, at int) int {
	i := attributed(lines, at)
	for i > 0 && strings.TrimSpace(lines[i-1]) == "" {
		i--
	}
	return i
}
