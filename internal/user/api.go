package user

import "github.com/portico-hq/portico/internal/userfield"

// NewUser is a person to be created.
type NewUser struct {
	ID       int64 // 0: the next free one
	Kind     Kind  // empty: Employee
	Admin    bool
	Login    string // empty: Email
	Email    string
	Password string // empty: cannot sign in until one is set

	FirstName, LastName, SecondName string
	Position                        string
	Gender                          string
	Birthday                        string
	WWW                             string
	Mobile, WorkPhone, InnerPhone   string
	City                            string
	TimeZone                        string
	Language                        string
	ColorCode                       string // empty: one by the name
	DepartmentIDs                   []int64
	Details                         Details
	Avatar                          []byte // empty: none
	// Custom are the values of the fields that were added to profiles; those that it does not name have their defaults. With
	// nil, for somebody whom a program makes, mandatory ones may stay empty.
	Custom userfield.Values
}

// Change says what of a user to change; nil leaves a field as it is.
type Change struct {
	Active, Admin                   *bool
	Login, Email                    *string
	FirstName, LastName, SecondName *string
	Position                        *string
	Gender                          *string
	Birthday                        *string
	WWW                             *string
	Mobile, WorkPhone, InnerPhone   *string
	City                            *string
	TimeZone                        *string
	Language                        *string
	ColorCode                       *string
	DepartmentIDs                   *[]int64
	Details                         Details          // those named are set; an empty text removes one
	Avatar                          *[]byte          // an empty picture removes it
	Custom                          userfield.Values // of the fields that were added to profiles, those to be changed
}

// BotProfile is what others see of a bot.
type BotProfile struct {
	FirstName, LastName string
	Position            string
	Email               string // shown only; need not be unique
	Gender              string // "M", "F" or ""
	Birthday            string // "2006-01-02" or ""
	WWW                 string
	ColorCode           string // empty or unknown: one by the name
	TimeZone, Language  string
	Avatar              []byte // empty: none
}

// BotChange says what of a bot's profile to change; nil leaves a field as it is.
type BotChange struct {
	FirstName, LastName *string
	Position            *string
	Email               *string
	Gender              *string
	Birthday            *string
	WWW                 *string
	ColorCode           *string
	TimeZone, Language  *string
	Avatar              *[]byte // an empty picture removes it
}
