package line

import "time"

// Defaults returns the settings of a new line: it works, greets, tells clients who wait that somebody will answer, and closes, without
// a word, what a client has left for four hours.
func Defaults(name string) Settings {
	thanks, sorry := "Thank you! It is good to know that we could help.", "Thank you for telling us. We are sorry, and will do better."
	return Settings{
		Name: name, Active: true, Language: "en",
		Distribution: Evenly, QueueTime: time.Minute, CheckAvailable: true, Counting: CountAnsweredNew,
		WorkTime: WorkTime{
			From: 9 * 60, To: 18 * 60, DaysOff: []time.Weekday{time.Saturday, time.Sunday},
			Rule: Scenario{Rule: RuleText, Text: "Thank you for writing. Nobody is here at this time; we will answer as soon as we are back."},
		},
		Welcome: true, WelcomeText: "Hello! Thank you for writing, somebody will be with you in a moment.",
		Bot:          Bot{Time: 10 * time.Minute},
		NoAnswerTime: 5 * time.Minute,
		NoAnswer:     Scenario{Rule: RuleText, Text: "It is taking us longer than it should. Your message is not lost: we will answer here."},
		Close:        Scenario{Rule: RuleNone, Text: "This conversation is closed. Write again whenever you need us."},
		FullClose:    10 * time.Minute,
		AutoClose:    Scenario{Rule: RuleNone, Text: "We have not heard from you for a while and close this conversation. Write again whenever you need us."},
		AutoExpire:   24 * time.Hour, AutoCloseTime: 4 * time.Hour,
		Vote: Vote{
			Widget:  VoteTexts{Ask: "How did we do?", Like: thanks, Dislike: sorry},
			Message: VoteTexts{Ask: "How did we do? Send 1 for good, 0 for bad.", Like: thanks, Dislike: sorry},
		},
		AgreementText: "By writing to us you agree that we keep what you write in order to answer you.",
		OperatorData:  OperatorProfile,
		FirstAnswer:   KPI{Text: "#OPERATOR# has not answered in conversation #DIALOG# in time: it is the client's first message."},
		FurtherAnswer: KPI{Text: "#OPERATOR# has not answered in conversation #DIALOG# in time."},
	}
}
