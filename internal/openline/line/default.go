package line

import "time"

// Defaults returns the settings of a new line: it works, greets, tells clients who wait that somebody will answer, and closes, without
// a word, what a client has left for four hours.
func Defaults(name string) Settings {
	w := languages[fallback]
	return Settings{
		Name: name, Active: true, Language: fallback,
		Distribution: Evenly, QueueTime: time.Minute, CheckAvailable: true, Counting: CountAnsweredNew,
		WorkTime: WorkTime{
			From: 9 * 60, To: 18 * 60, DaysOff: []time.Weekday{time.Saturday, time.Sunday}, Rule: Scenario{Rule: RuleText, Text: w.offHours},
		},
		Welcome: true, WelcomeText: w.welcome,
		Bot:          Bot{Time: 10 * time.Minute},
		NoAnswerTime: 5 * time.Minute,
		NoAnswer:     Scenario{Rule: RuleText, Text: w.noAnswer},
		Close:        Scenario{Rule: RuleNone, Text: w.closed},
		FullClose:    10 * time.Minute,
		AutoClose:    Scenario{Rule: RuleNone, Text: w.autoClosed},
		AutoExpire:   24 * time.Hour, AutoCloseTime: 4 * time.Hour,
		Vote: Vote{
			Widget:  VoteTexts{Ask: w.ask, Like: w.thanks, Dislike: w.sorry},
			Message: VoteTexts{Ask: w.askByNumber, Like: w.thanks, Dislike: w.sorry},
		},
		AgreementText: w.agreement,
		OperatorData:  OperatorProfile,
		FirstAnswer:   KPI{Text: "#OPERATOR# has not answered in conversation #DIALOG# in time: it is the client's first message."},
		FurtherAnswer: KPI{Text: "#OPERATOR# has not answered in conversation #DIALOG# in time."},
	}
}
