package line

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// The limits of a line's settings.
const (
	MaxName     = 255      // characters
	MaxText     = 5000     // characters of a text to clients
	MaxSeconds  = 31536000 // of a time: a year
	MaxAtOnce   = 1000     // conversations of an operator
	MaxPriority = 1000
	MaxQueue    = 500 // places of a queue
	MaxToTell   = 100 // people who are told of a late answer
	maxID       = 1 << 53
	maxShort    = 255
)

// fields are the fields in the order in which imopenlines.config.get answers them.
// Page: api-reference/imopenlines/openlines/imopenlines-config-get.md.
var fields = []Field{
	{Name: "ID", Title: "Number", Kind: Number, ReadOnly: true, load: func(l *Line) any { return l.ID }, set: func(l *Line, v any) { l.ID, _ = v.(int64) }},
	flag("ACTIVE", "Line works", func(l *Line) *bool { return &l.Active }),
	text("LINE_NAME", "Name", MaxName, func(l *Line) *string { return &l.Name }),
	fixed("CRM", "N"),
	fixed("CRM_CREATE", "none", ""),
	fixed("CRM_CREATE_SECOND", "", "0", "none", "N"),
	fixed("CRM_CREATE_THIRD", "N"),
	fixed("CRM_FORWARD", "N"),
	fixed("CRM_CHAT_TRACKER", "N"),
	fixed("CRM_TRANSFER_CHANGE", "N"),
	fixed("CRM_SOURCE", "create", ""),
	seconds("QUEUE_TIME", "Time to answer", func(l *Line) *time.Duration { return &l.QueueTime }),
	seconds("NO_ANSWER_TIME", "Nobody answered: after", func(l *Line) *time.Duration { return &l.NoAnswerTime }),
	word("QUEUE_TYPE", "Distribution", func(l *Line) *Distribution { return &l.Distribution }, Evenly, Strictly, All),
	flag("CHECK_AVAILABLE", "Only operators who are there", func(l *Line) *bool { return &l.CheckAvailable }),
	flag("WATCH_TYPING", "Operators see what clients type", func(l *Line) *bool { return &l.WatchTyping }),
	flag("WELCOME_BOT_ENABLE", "A bot answers first", func(l *Line) *bool { return &l.Bot.Enabled }),
	flag("WELCOME_MESSAGE", "Greet clients", func(l *Line) *bool { return &l.Welcome }),
	long("WELCOME_MESSAGE_TEXT", "Greeting", func(l *Line) *string { return &l.WelcomeText }),
	flag("VOTE_MESSAGE", "Ask for a rating", func(l *Line) *bool { return &l.Vote.Enabled }),
	seconds("VOTE_TIME_LIMIT", "Time to rate", func(l *Line) *time.Duration { return &l.Vote.TimeLimit }),
	flag("VOTE_BEFORE_FINISH", "Operators may ask for a rating", func(l *Line) *bool { return &l.Vote.BeforeFinish }),
	flag("VOTE_CLOSING_DELAY", "End with the rating", func(l *Line) *bool { return &l.Vote.CloseAtOnce }),
	long("VOTE_MESSAGE_1_TEXT", "Asking for a rating, with buttons", func(l *Line) *string { return &l.Vote.Widget.Ask }),
	long("VOTE_MESSAGE_1_LIKE", "After a good rating, with buttons", func(l *Line) *string { return &l.Vote.Widget.Like }),
	long("VOTE_MESSAGE_1_DISLIKE", "After a bad rating, with buttons", func(l *Line) *string { return &l.Vote.Widget.Dislike }),
	long("VOTE_MESSAGE_2_TEXT", "Asking for a rating, by 1 or 0", func(l *Line) *string { return &l.Vote.Message.Ask }),
	long("VOTE_MESSAGE_2_LIKE", "After a good rating, by 1 or 0", func(l *Line) *string { return &l.Vote.Message.Like }),
	long("VOTE_MESSAGE_2_DISLIKE", "After a bad rating, by 1 or 0", func(l *Line) *string { return &l.Vote.Message.Dislike }),
	flag("AGREEMENT_MESSAGE", "Ask for consent", func(l *Line) *bool { return &l.Agreement }),
	number("AGREEMENT_ID", "Agreement", maxID, func(l *Line) *int64 { return &l.AgreementID }),
	flag("CATEGORY_ENABLE", "Categories", func(l *Line) *bool { return &l.Categories }),
	number("CATEGORY_ID", "Category", maxID, func(l *Line) *int64 { return &l.CategoryID }),
	choice("WELCOME_BOT_JOIN", "The bot comes", func(l *Line) *bool { return &l.Bot.Always }, "first", "always"),
	number("WELCOME_BOT_ID", "First bot", maxID, func(l *Line) *int64 { return &l.Bot.ID }),
	seconds("WELCOME_BOT_TIME", "The bot hands over after", func(l *Line) *time.Duration { return &l.Bot.Time }),
	choice("WELCOME_BOT_LEFT", "The bot leaves", func(l *Line) *bool { return &l.Bot.Stays }, "queue", "close"),
	word("NO_ANSWER_RULE", "Nobody answered", func(l *Line) *Rule { return &l.NoAnswer.Rule }, RuleNone, RuleText),
	fixed("NO_ANSWER_FORM_ID", "0", ""),
	number("NO_ANSWER_BOT_ID", "Nobody answered: bot", maxID, func(l *Line) *int64 { return &l.NoAnswer.BotID }),
	long("NO_ANSWER_TEXT", "Nobody answered: text", func(l *Line) *string { return &l.NoAnswer.Text }),
	flag("WORKTIME_ENABLE", "Working hours", func(l *Line) *bool { return &l.WorkTime.Enabled }),
	clockField("WORKTIME_FROM", "Working hours from", func(l *Line) *int { return &l.WorkTime.From }),
	clockField("WORKTIME_TO", "Working hours to", func(l *Line) *int { return &l.WorkTime.To }),
	text("WORKTIME_TIMEZONE", "Time zone", maxShort, func(l *Line) *string { return &l.WorkTime.Zone }),
	holidaysField(),
	daysOffField(),
	word("WORKTIME_DAYOFF_RULE", "Outside working hours", func(l *Line) *Rule { return &l.WorkTime.Rule.Rule }, RuleNone, RuleText),
	fixed("WORKTIME_DAYOFF_FORM_ID", "0", ""),
	number("WORKTIME_DAYOFF_BOT_ID", "Outside working hours: bot", maxID, func(l *Line) *int64 { return &l.WorkTime.Rule.BotID }),
	long("WORKTIME_DAYOFF_TEXT", "Outside working hours: text", func(l *Line) *string { return &l.WorkTime.Rule.Text }),
	word("CLOSE_RULE", "An operator finishes", func(l *Line) *Rule { return &l.Close.Rule }, RuleNone, RuleText),
	fixed("CLOSE_FORM_ID", "0", ""),
	number("CLOSE_BOT_ID", "An operator finishes: bot", maxID, func(l *Line) *int64 { return &l.Close.BotID }),
	long("CLOSE_TEXT", "An operator finishes: text", func(l *Line) *string { return &l.Close.Text }),
	seconds("FULL_CLOSE_TIME", "Ends after an operator finished", func(l *Line) *time.Duration { return &l.FullClose }),
	word("AUTO_CLOSE_RULE", "The client is silent", func(l *Line) *Rule { return &l.AutoClose.Rule }, RuleNone, RuleText),
	fixed("AUTO_CLOSE_FORM_ID", "0", ""),
	number("AUTO_CLOSE_BOT_ID", "The client is silent: bot", maxID, func(l *Line) *int64 { return &l.AutoClose.BotID }),
	seconds("AUTO_CLOSE_TIME", "The client is silent: after", func(l *Line) *time.Duration { return &l.AutoCloseTime }),
	long("AUTO_CLOSE_TEXT", "The client is silent: text", func(l *Line) *string { return &l.AutoClose.Text }),
	seconds("AUTO_EXPIRE_TIME", "May be taken up again for", func(l *Line) *time.Duration { return &l.AutoExpire }),
	moment("DATE_CREATE", func(l *Line) *time.Time { return &l.Created }),
	moment("DATE_MODIFY", func(l *Line) *time.Time { return &l.Modified }),
	readOnly(number("MODIFY_USER_ID", "Changed by", maxID, func(l *Line) *int64 { return &l.ModifierID })),
	flag("TEMPORARY", "Not finished", func(l *Line) *bool { return &l.Temporary }),
	text("XML_ID", "External name", maxShort, func(l *Line) *string { return &l.XMLID }),
	text("LANGUAGE_ID", "Language", maxShort, func(l *Line) *string { return &l.Language }),
	number("QUICK_ANSWERS_IBLOCK_ID", "Canned answers", maxID, func(l *Line) *int64 { return &l.QuickAnswersID }),
	number("SESSION_PRIORITY", "Priority", MaxPriority, func(l *Line) *int { return &l.Priority }),
	word("TYPE_MAX_CHAT", "What counts", func(l *Line) *Counting { return &l.Counting }, CountAnswered, CountAnsweredNew, CountClosed),
	number("MAX_CHAT", "Conversations at once", MaxAtOnce, func(l *Line) *int { return &l.MaxChat }),
	word("OPERATOR_DATA", "Clients see", func(l *Line) *OperatorData { return &l.OperatorData }, OperatorProfile, OperatorQueue, OperatorHide),
	shownField("DEFAULT_OPERATOR_DATA", "Shown instead of operators", func(l *Line) *Shown { return &l.DefaultOperator }),
	seconds("KPI_FIRST_ANSWER_TIME", "First answer within", func(l *Line) *time.Duration { return &l.FirstAnswer.Time }),
	flag("KPI_FIRST_ANSWER_ALERT", "Tell of a late first answer", func(l *Line) *bool { return &l.FirstAnswer.Alert }),
	people("KPI_FIRST_ANSWER_LIST", "Told of a late first answer", func(l *Line) *[]int64 { return &l.FirstAnswer.To }),
	long("KPI_FIRST_ANSWER_TEXT", "Words on a late first answer", func(l *Line) *string { return &l.FirstAnswer.Text }),
	seconds("KPI_FURTHER_ANSWER_TIME", "Next answers within", func(l *Line) *time.Duration { return &l.FurtherAnswer.Time }),
	flag("KPI_FURTHER_ANSWER_ALERT", "Tell of a late next answer", func(l *Line) *bool { return &l.FurtherAnswer.Alert }),
	people("KPI_FURTHER_ANSWER_LIST", "Told of a late next answer", func(l *Line) *[]int64 { return &l.FurtherAnswer.To }),
	long("KPI_FURTHER_ANSWER_TEXT", "Words on a late next answer", func(l *Line) *string { return &l.FurtherAnswer.Text }),
	flag("KPI_CHECK_OPERATOR_ACTIVITY", "Late answers of operators who are away are told of once they are back", func(l *Line) *bool { return &l.CheckActivity }),
	flag("SEND_NOTIFICATION_EMPTY_QUEUE", "Tell when nobody can answer", func(l *Line) *bool { return &l.TellEmptyQueue }),
	fixed("USE_WELCOME_FORM", "N"),
	fixed("WELCOME_FORM_ID", "0", ""),
	fixed("WELCOME_FORM_DELAY", "N"),
	flag("SEND_WELCOME_EACH_SESSION", "Greet in every conversation", func(l *Line) *bool { return &l.WelcomeEachSession }),
	flag("CONFIRM_CLOSE", "Ask before finishing", func(l *Line) *bool { return &l.ConfirmClose }),
	fixed("IGNORE_WELCOME_FORM_RESPONSIBLE", "N"),
	notOnWire(long("AGREEMENT_TEXT", "Text of the consent", func(l *Line) *string { return &l.AgreementText })),
	notOnWire(readOnly(number("CREATOR_ID", "Added by", maxID, func(l *Line) *int64 { return &l.CreatorID }))),
}

func flag(name, title string, ref func(*Line) *bool) Field {
	return Field{
		Name: name, Title: title, Kind: Flag,
		load: func(l *Line) any { return db.Bit(*ref(l)) }, set: func(l *Line, v any) { *ref(l) = v == int64(1) },
	}
}

// choice is a flag that is written as one of two words.
func choice(name, title string, ref func(*Line) *bool, off, on string) Field {
	return Field{
		Name: name, Title: title, Kind: Word, Words: []string{off, on},
		load: func(l *Line) any {
			if *ref(l) {
				return on
			}
			return off
		},
		set: func(l *Line, v any) { *ref(l) = v == on },
	}
}

func number[T int | int64](name, title string, most int64, ref func(*Line) *T) Field {
	return Field{
		Name: name, Title: title, Kind: Number, Max: most,
		load: func(l *Line) any { return int64(*ref(l)) },
		set:  func(l *Line, v any) { n, _ := v.(int64); *ref(l) = T(n) },
	}
}

func clockField(name, title string, ref func(*Line) *int) Field {
	f := number(name, title, endOfDay, ref)
	f.Kind = Clock
	return f
}

func seconds(name, title string, ref func(*Line) *time.Duration) Field {
	return Field{
		Name: name, Title: title, Kind: Seconds, Max: MaxSeconds,
		load: func(l *Line) any { return int64(*ref(l) / time.Second) },
		set:  func(l *Line, v any) { n, _ := v.(int64); *ref(l) = time.Duration(n) * time.Second },
	}
}

func text(name, title string, most int64, ref func(*Line) *string) Field {
	return Field{
		Name: name, Title: title, Kind: Text, Max: most,
		load: func(l *Line) any { return *ref(l) }, set: func(l *Line, v any) { *ref(l), _ = v.(string) },
	}
}

func long(name, title string, ref func(*Line) *string) Field { return text(name, title, MaxText, ref) }

func word[T ~string](name, title string, ref func(*Line) *T, words ...T) Field {
	f := Field{
		Name: name, Title: title, Kind: Word,
		load: func(l *Line) any { return string(*ref(l)) }, set: func(l *Line, v any) { s, _ := v.(string); *ref(l) = T(s) },
	}
	for _, w := range words {
		f.Words = append(f.Words, string(w))
	}
	return f
}

func moment(name string, ref func(*Line) *time.Time) Field {
	return Field{
		Name: name, Kind: Moment, ReadOnly: true,
		load: func(l *Line) any { return db.Micro(*ref(l)) },
		set:  func(l *Line, v any) { n, _ := v.(int64); *ref(l) = db.Time(n) },
	}
}

func people(name, title string, ref func(*Line) *[]int64) Field {
	return Field{
		Name: name, Title: title, Kind: Persons, Max: MaxToTell,
		load: func(l *Line) any {
			var out []string
			for _, id := range *ref(l) {
				out = append(out, strconv.FormatInt(id, 10))
			}
			return strings.Join(out, ",")
		},
		set: func(l *Line, v any) {
			list, _ := v.(string)
			*ref(l) = nil
			for _, s := range splitList(list) {
				id, _ := strconv.ParseInt(s, 10, 64)
				*ref(l) = append(*ref(l), id)
			}
		},
	}
}

func daysOffField() Field {
	return Field{
		Name: "WORKTIME_DAYOFF", Title: "Days off", Kind: Days, Max: 7,
		load: func(l *Line) any {
			var out []string
			for _, d := range l.WorkTime.DaysOff {
				out = append(out, weekdays[d])
			}
			return strings.Join(out, ",")
		},
		set: func(l *Line, v any) {
			list, _ := v.(string)
			l.WorkTime.DaysOff = nil
			for i := range weekdays {
				day := (i + 1) % len(weekdays) // from Monday
				if slices.Contains(splitList(list), weekdays[day]) {
					l.WorkTime.DaysOff = append(l.WorkTime.DaysOff, time.Weekday(day))
				}
			}
		},
	}
}

func holidaysField() Field {
	return Field{
		Name: "WORKTIME_HOLIDAYS", Title: "Holidays", Kind: Dates, Max: 366,
		load: func(l *Line) any {
			var out []string
			for _, d := range l.WorkTime.Holidays {
				out = append(out, d.String())
			}
			return strings.Join(out, ",")
		},
		set: func(l *Line, v any) {
			list, _ := v.(string)
			l.WorkTime.Holidays = nil
			for _, s := range splitList(list) {
				if d, ok := parseDay(s); ok {
					l.WorkTime.Holidays = append(l.WorkTime.Holidays, d)
				}
			}
		},
	}
}

func shownField(name, title string, ref func(*Line) *Shown) Field {
	return Field{
		Name: name, Title: title, Kind: Object, ReadOnly: true,
		load: func(l *Line) any {
			if *ref(l) == (Shown{}) {
				return ""
			}
			raw, _ := json.Marshal(*ref(l)) // texts and numbers alone
			return string(raw)
		},
		set: func(l *Line, v any) {
			raw, _ := v.(string)
			*ref(l) = Shown{}
			_ = json.Unmarshal([]byte(raw), ref(l)) // what was stored by load, or nothing
		},
	}
}

// fixed is a field that needs the CRM: off is how it can be set, the value that holds first.
func fixed(name string, off ...string) Field {
	return Field{Name: name, Kind: Fixed, Off: off, load: func(*Line) any { return off[0] }, set: func(*Line, any) {}}
}

func readOnly(f Field) Field { f.ReadOnly = true; return f }

func notOnWire(f Field) Field { f.Own = true; return f }
