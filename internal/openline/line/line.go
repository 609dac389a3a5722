// Package line keeps the open channels: what each is called, who answers in it, when, and what happens of itself.
//
// Package openline carries the conversations on by what stands here. A setting that is stored changes something; what needs the CRM
// is refused until there is one.
//
// The documentation: api-reference/imopenlines/openlines/.
package line

import (
	"strconv"
	"time"
)

// Line is an open channel.
type Line struct {
	Settings

	ID    int64
	Queue []Entry // who answers, in the order of their turn
	// Shown is what clients see of operators with OperatorQueue, by the operator; who is missing is shown as in their profile.
	Shown      map[int64]Shown
	CreatorID  int64 // who added it; 0: the portal itself
	Created    time.Time
	Modified   time.Time
	ModifierID int64 // who changed it last; 0: the portal itself
}

// EntryKind says what an entry of a queue names, in the word of the wire.
type EntryKind string

// The kinds of entries.
const (
	EntryUser       EntryKind = "user"
	EntryDepartment EntryKind = "department" // everybody in it and below it
)

// Entry is a place in the queue of a line.
type Entry struct {
	Kind  EntryKind
	ID    int64 // of the user or the department
	RowID int64 // of the place itself; 0 before it is stored
}

// Distribution says how conversations come to operators, in the word of the wire.
type Distribution string

// The ways of distribution.
const (
	Evenly   Distribution = "evenly"   // to who has had none for longest
	Strictly Distribution = "strictly" // to the first in the queue who is free
	All      Distribution = "all"      // to all who are free; who answers first keeps it
)

// Rule says what happens at some point of a conversation, in the word of the wire.
type Rule string

// The rules.
const (
	RuleNone Rule = "none"
	RuleText Rule = "text" // a text is sent to the client, and a bot brought in where one is named
)

// Counting says which conversations count against Settings.MaxChat, in the word of the wire.
type Counting string

// The ways of counting.
const (
	CountAnswered    Counting = "answered"     // those that the operator has answered
	CountAnsweredNew Counting = "answered_new" // and those that they have been given and have not answered yet
	CountClosed      Counting = "closed"       // all until they are closed for good
)

// Settings are what an administrator decides about a line. Times are whole seconds on the wire; 0 switches off what waits for it.
type Settings struct {
	Name      string
	Active    bool
	Language  string // of its texts, e.g. "en"
	XMLID     string // a name of others for it; empty: none
	Temporary bool   // made by a program that has not finished yet; it is not shown until it is made permanent

	Distribution   Distribution
	QueueTime      time.Duration // how long an operator has before the next one is asked
	CheckAvailable bool          // only operators who are online and have not paused are asked
	MaxChat        int           // how many conversations an operator has at once; 0: as many as come
	Counting       Counting
	Priority       int  // the conversations of a line with a higher one are given out first
	WatchTyping    bool // operators see what the client is typing

	WorkTime WorkTime

	Welcome            bool // a text greets the client
	WelcomeText        string
	WelcomeEachSession bool // with every conversation, not only the first

	Bot Bot

	NoAnswerTime time.Duration // from the conversation's coming into the queue
	NoAnswer     Scenario

	Close     Scenario
	FullClose time.Duration // from an operator's finishing a conversation to its end; until then it may be taken up again

	AutoClose     Scenario
	AutoCloseTime time.Duration // of the client's silence after an operator's answer
	AutoExpire    time.Duration // how long after it closed of itself a client's message takes the same conversation up again
	ConfirmClose  bool          // an operator is asked before a conversation is finished

	Vote Vote

	Agreement     bool   // the client is shown a text to agree to before the first conversation
	AgreementID   int64  // what they agree to; 0: AgreementText
	AgreementText string // of the line's own; not used with an AgreementID

	OperatorData    OperatorData
	DefaultOperator Shown // what clients see with OperatorHide
	FirstAnswer     KPI
	FurtherAnswer   KPI
	CheckActivity   bool  // while an operator is away nobody is told that they are late: it waits until they are back
	TellEmptyQueue  bool  // the operators and those who manage lines are told when nobody can answer
	Categories      bool  // operators say what a conversation is about
	CategoryID      int64 // what new conversations are about, with Categories; 0: nobody has said
	QuickAnswersID  int64 // the list of canned answers
}

// WorkTime says when people answer.
type WorkTime struct {
	Enabled  bool
	From, To int    // minutes after midnight; To is not among them. Over midnight where To is less
	Zone     string // of the IANA database, e.g. "Europe/Berlin"; empty: the portal's
	DaysOff  []time.Weekday
	Holidays []Day
	Rule     Scenario // what happens to a client who writes at another time
}

// Day is a day of every year.
type Day struct {
	Day   int
	Month time.Month
}

// Bot says which bot answers first.
type Bot struct {
	Enabled bool
	ID      int64
	Always  bool          // in every conversation, not only in the first of a client
	Time    time.Duration // until the conversation goes to people; 0: only the client or the bot hand it over
	Stays   bool          // it stays in the chat, silent, until the conversation is closed
}

// Scenario is a Rule with what it needs.
type Scenario struct {
	Rule   Rule
	Text   string
	FormID int64 // of the CRM; not used yet
	BotID  int64 // brought in with RuleText, where it is not 0
}

// Vote says how a client is asked how it was.
type Vote struct {
	Enabled      bool
	TimeLimit    time.Duration // in which the answer counts; 0: as long as it takes
	BeforeFinish bool          // operators may ask before they finish
	CloseAtOnce  bool          // the conversation ends with the rating
	Widget       VoteTexts     // where the client has buttons
	Message      VoteTexts     // where they answer with 1 or 0
}

// VoteTexts are the texts around a rating.
type VoteTexts struct {
	Ask, Like, Dislike string
}

// OperatorData says what clients see of operators, in the word of the wire.
type OperatorData string

// What clients see.
const (
	OperatorProfile OperatorData = "profile" // the profile's name and picture
	OperatorQueue   OperatorData = "queue"   // what the queue says of each operator
	OperatorHide    OperatorData = "hide"    // Settings.DefaultOperator
)

// Shown is an operator as clients see them.
type Shown struct {
	Name     string
	Position string
	Avatar   string // an address
	AvatarID int64  // a picture among the files of the portal, where there is no address; 0: none
}

// PicturePath is where the pictures of lines are, which everybody may see.
const PicturePath = "/openline/picture/"

// Picture returns the address of the picture in a line: a path of the portal where it is a file of it, "" where there is none.
func (s Shown) Picture(lineID int64) string {
	if s.Avatar != "" || s.AvatarID == 0 {
		return s.Avatar
	}
	return PicturePath + strconv.FormatInt(lineID, 10) + "/" + strconv.FormatInt(s.AvatarID, 10)
}

// Shows reports whether a file of the portal is a picture that clients of the line see.
func (l *Line) Shows(fileID int64) bool {
	if fileID == 0 || l.DefaultOperator.AvatarID == fileID {
		return fileID != 0
	}
	for _, s := range l.Shown {
		if s.AvatarID == fileID {
			return true
		}
	}
	return false
}

// KPI watches over the time of an answer.
type KPI struct {
	Time  time.Duration // 0: nobody watches
	Alert bool
	To    []int64 // who is told
	Text  string  // #OPERATOR# and #DIALOG# stand for the operator and the conversation
}
