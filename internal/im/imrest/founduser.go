package imrest

// foundUser is a user in the spelling of im.dialog.messages.search.
type foundUser struct {
	ID             int64   `json:"id"`
	Active         bool    `json:"active"`
	Name           string  `json:"name"`
	FirstName      string  `json:"firstName"`
	LastName       string  `json:"lastName"`
	WorkPosition   string  `json:"workPosition"`
	Color          string  `json:"color"`
	Avatar         string  `json:"avatar"`
	AvatarHR       string  `json:"avatarHr"`
	Gender         string  `json:"gender"`
	Birthday       string  `json:"birthday"`
	Extranet       bool    `json:"extranet"`
	Network        bool    `json:"network"`
	Bot            bool    `json:"bot"`
	Connector      bool    `json:"connector"`
	ExternalAuthID string  `json:"externalAuthId"`
	Status         string  `json:"status"`
	Idle           any     `json:"idle"`
	LastActivity   any     `json:"lastActivityDate"`
	MobileLast     any     `json:"mobileLastDate"`
	DesktopLast    any     `json:"desktopLastDate"`
	Absent         any     `json:"absent"`
	Departments    []int64 `json:"departments"`
	Phones         any     `json:"phones"`
	BotData        *Bot    `json:"botData"`
	Type           string  `json:"type"`
	Website        string  `json:"website"`
	Email          string  `json:"email"`
}

// foundUserOf spells a user so. The fields stand in the same order.
func foundUserOf(u userView) foundUser { return foundUser(u) }
