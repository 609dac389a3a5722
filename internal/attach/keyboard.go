package attach

import (
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/phpform"
)

// Keyboard is the buttons under a message, with the line breaks between them. An empty Keyboard is none.
type Keyboard []Button

// Menu is the items that a message adds to its context menu. An empty Menu is none.
type Menu []Item

// The types of a button.
const (
	TypeButton  = "BUTTON"
	TypeNewline = "NEWLINE" // not a button: the next one starts a new line
)

// The actions of a button or an item.
const (
	ActionPut    = "PUT"    // put the value into the input field
	ActionSend   = "SEND"   // send the value
	ActionCopy   = "COPY"   // copy the value to the clipboard
	ActionCall   = "CALL"   // call the number
	ActionDialog = "DIALOG" // open the chat (chat12) or the dialog with a person (7)
)

// Do is what a button or an item does: exactly one of Link, Command, Action and AppID is set.
type Do struct {
	Link          string `json:"LINK,omitempty"`
	Command       string `json:"COMMAND,omitempty"`
	CommandParams string `json:"COMMAND_PARAMS,omitempty"`
	Action        string `json:"ACTION,omitempty"`
	ActionValue   string `json:"ACTION_VALUE,omitempty"`
	AppID         int64  `json:"APP_ID,omitempty"`
	AppParams     string `json:"APP_PARAMS,omitempty"`
}

// Button is a button or a line break of a keyboard. "Y" and "N" are yes and no.
type Button struct {
	Type         string `json:"TYPE"`
	BotID        int64  `json:"BOT_ID,omitempty"` // who gets the command; see ForBot
	Text         string `json:"TEXT,omitempty"`
	Do                  // flattened
	Block        string `json:"BLOCK,omitempty"`    // Y: a press blocks it; only with Command
	Disabled     string `json:"DISABLED,omitempty"` // Y: it cannot be pressed
	Context      string `json:"CONTEXT,omitempty"`  // MOBILE, DESKTOP or ALL
	Display      string `json:"DISPLAY,omitempty"`  // LINE: beside others; BLOCK: alone on its line
	Width        int    `json:"WIDTH,omitempty"`    // in pixels
	BgColor      string `json:"BG_COLOR,omitempty"`
	BgColorToken string `json:"BG_COLOR_TOKEN,omitempty"`
	TextColor    string `json:"TEXT_COLOR,omitempty"`
	OffBgColor   string `json:"OFF_BG_COLOR,omitempty"` // while it cannot be pressed
	OffTextColor string `json:"OFF_TEXT_COLOR,omitempty"`
}

// Item is an item of the context menu.
type Item struct {
	BotID    int64  `json:"BOT_ID,omitempty"` // who gets the command; see ForBot
	Text     string `json:"TEXT"`
	Do              // flattened
	Disabled string `json:"DISABLED"`
	Context  string `json:"CONTEXT"`
}

var (
	keyboardFaults = faults{ErrKeyboard, ErrKeyboardOversize}
	menuFaults     = faults{ErrMenu, ErrMenuOversize}
)

// ParseKeyboard returns the keyboard that v holds: an object with BUTTONS, a list of buttons, one button, or any of these as
// a JSON text. What means none (null, "", an empty list, the letter N) is an empty Keyboard.
//
// It returns ErrKeyboard for a button without TEXT or without a way to act (LINK, COMMAND, ACTION with
// ACTION_VALUE, APP_ID), an unknown TYPE or ACTION, or a link that is not http, https or a path of the portal, and
// ErrKeyboardOversize where the result is longer than 30 KB as JSON. Looks that are wrong are replaced by the default.
func ParseKeyboard(v phpform.Value) (Keyboard, error) {
	list, bot, err := keyboardFaults.elements(v, "BUTTONS")
	if err != nil || len(list) == 0 {
		return nil, err
	}
	k := make(Keyboard, 0, len(list))
	for i, e := range list {
		f := fields{v: e}
		b := parseButton(&f)
		if f.err != nil {
			return nil, ErrKeyboard.Because(fmt.Errorf("button %d: %w", i, f.err))
		}
		k = append(k, b)
	}
	k = k.ForBot(bot)
	if err := keyboardFaults.fits(k, false); err != nil {
		return nil, err
	}
	return k, nil
}

// ParseMenu returns the menu that v holds: an object with ITEMS, a list of items, one item, or any of these as a JSON text.
// It returns ErrMenu and ErrMenuOversize as ParseKeyboard returns its faults.
func ParseMenu(v phpform.Value) (Menu, error) {
	list, bot, err := menuFaults.elements(v, "ITEMS")
	if err != nil || len(list) == 0 {
		return nil, err
	}
	m := make(Menu, 0, len(list))
	for i, e := range list {
		f := fields{v: e}
		it := Item{
			BotID:    f.id("BOT_ID"),
			Text:     f.need("TEXT"),
			Do:       parseDo(&f),
			Disabled: firstOf(f.choice("DISABLED", "Y", "N"), "N"),
			Context:  firstOf(f.choice("CONTEXT", "MOBILE", "DESKTOP", "ALL"), "ALL"),
		}
		if f.err != nil {
			return nil, ErrMenu.Because(fmt.Errorf("item %d: %w", i, f.err))
		}
		m = append(m, it)
	}
	m = m.ForBot(bot)
	if err := menuFaults.fits(m, false); err != nil {
		return nil, err
	}
	return m, nil
}

// elements returns the buttons or items under root in v, or in v itself, and the bot that the object with root names.
func (f faults) elements(v phpform.Value, root string) (list []phpform.Value, bot int64, err error) {
	v, err = f.decode(v)
	if err != nil || v.Len() == 0 {
		return nil, 0, err
	}
	if inner, ok := v.GetFold(root); ok {
		outer := fields{v: v}
		bot = outer.id("BOT_ID")
		if v = inner; v.Empty() {
			return nil, 0, nil
		}
	}
	list, ok := oneOrMore(v)
	if !ok {
		return nil, 0, f.wrong.Because(errors.New(root + ": neither an object nor a list of objects"))
	}
	return list, bot, nil
}

func parseButton(f *fields) Button {
	if t := f.text("TYPE"); t != "" {
		switch f.choice("TYPE", TypeNewline, TypeButton) {
		case TypeNewline:
			return Button{Type: TypeNewline}
		case "":
			f.fail("TYPE", "unknown")
		}
	}
	return Button{
		Type:         TypeButton,
		BotID:        f.id("BOT_ID"),
		Text:         f.need("TEXT"),
		Do:           parseDo(f),
		Block:        firstOf(f.choice("BLOCK", "Y", "N"), "N"),
		Disabled:     firstOf(f.choice("DISABLED", "Y", "N"), "N"),
		Context:      firstOf(f.choice("CONTEXT", "MOBILE", "DESKTOP", "ALL"), "ALL"),
		Display:      firstOf(f.choice("DISPLAY", "LINE", "BLOCK"), "BLOCK"),
		Width:        f.pixels("WIDTH"),
		BgColor:      f.color("BG_COLOR"),
		BgColorToken: firstOf(f.choice("BG_COLOR_TOKEN", tokens...), "base"),
		TextColor:    f.color("TEXT_COLOR"),
		OffBgColor:   f.color("OFF_BG_COLOR"),
		OffTextColor: f.color("OFF_TEXT_COLOR"),
	}
}

// parseDo reads what a button or an item does. Of several ways the first in the documentation's order is kept.
func parseDo(f *fields) Do {
	var d Do
	if d.Link = f.link("LINK"); d.Link != "" {
		return d
	}
	if d.Command = f.text("COMMAND"); d.Command != "" {
		d.CommandParams = f.text("COMMAND_PARAMS")
		return d
	}
	if f.text("ACTION") != "" {
		d.Action = f.choice("ACTION", ActionPut, ActionSend, ActionCopy, ActionCall, ActionDialog)
		if d.Action == "" {
			f.fail("ACTION", "unknown")
		}
		d.ActionValue = f.need("ACTION_VALUE")
		return d
	}
	if d.AppID = f.id("APP_ID"); d.AppID != 0 {
		d.AppParams = f.text("APP_PARAMS")
		return d
	}
	f.fail("LINK", "neither LINK, COMMAND, ACTION nor APP_ID")
	return d
}

// ForBot names the bot that gets the commands of buttons which name none, and returns k.
func (k Keyboard) ForBot(id int64) Keyboard {
	for i := range k {
		if k[i].Type == TypeButton && k[i].BotID == 0 {
			k[i].BotID = id
		}
	}
	return k
}

// ForBot names the bot that gets the commands of items which name none, and returns m.
func (m Menu) ForBot(id int64) Menu {
	for i := range m {
		if m[i].BotID == 0 {
			m[i].BotID = id
		}
	}
	return m
}
