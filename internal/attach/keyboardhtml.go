package attach

import (
	"html/template"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/bbcode"
)

// KeyboardHTML returns k for the person whom opt is for; "" for none. A button with a link is a link. Every other is a button
// with data-index, its place in k, and what it does in data-action and data-value, data-command, data-params and data-bot, or
// data-app and data-app-params, for the page's module to act on; data-block="Y" says that a press blocks it. What a press
// means is for the server to read from the stored keyboard by the index, never from these attributes.
func KeyboardHTML(k Keyboard, opt bbcode.Options) template.HTML {
	var rows [][]buttonView
	joins := false // the next LINE button goes beside the last
	for i, b := range k {
		if b.Type == TypeNewline {
			joins = false
			continue
		}
		line := b.Display == "LINE"
		if n := len(rows); joins && line {
			rows[n-1] = append(rows[n-1], viewButton(i, b, opt))
		} else {
			rows = append(rows, []buttonView{viewButton(i, b, opt)})
		}
		joins = line
	}
	if len(rows) == 0 {
		return ""
	}
	return execute("keyboard", rows)
}

type buttonView struct {
	Index, Width                                        int
	To                                                  target
	Class                                               string
	Action, Value, Command, Params, Bot, App, AppParams string
	Block, Disabled                                     bool
	Faces                                               []face
}

// face is how a button looks in one of its states.
type face struct {
	Class, Fill, Color, Text string
}

func viewButton(i int, b Button, opt bbcode.Options) buttonView {
	v := buttonView{
		Index:    i,
		Width:    min(max(b.Width, 0), maxShown),
		Class:    "keyboard-button keyboard-" + token(b.BgColorToken),
		Action:   strings.ToLower(b.Action),
		Value:    b.ActionValue,
		Command:  b.Command,
		Params:   b.CommandParams,
		Block:    b.Command != "" && b.Block == "Y",
		Disabled: b.Disabled == "Y",
		Faces:    []face{newFace("keyboard-face", b.BgColor, b.TextColor, b.Text)},
	}
	if b.Link != "" {
		a := address(b.Link)
		v.To = target{URL: a, Away: bbcode.External(string(a), opt.Host)}
	}
	if b.Command != "" && b.BotID > 0 {
		v.Bot = strconv.FormatInt(b.BotID, 10)
	}
	if b.AppID > 0 {
		v.App, v.AppParams = strconv.FormatInt(b.AppID, 10), b.AppParams
	}
	if b.Context == "MOBILE" || b.Context == "DESKTOP" {
		v.Class += " keyboard-on-" + strings.ToLower(b.Context)
	}
	if b.OffBgColor != "" || b.OffTextColor != "" {
		v.Faces = append(v.Faces, newFace("keyboard-face keyboard-off", b.OffBgColor, b.OffTextColor, b.Text))
	}
	return v
}

// newFace returns a face; a background without a text colour gets black or white text, whichever reads better.
func newFace(class, bg, fg, text string) face {
	f := face{Class: class, Fill: color(bg), Color: color(fg), Text: text}
	if f.Fill != "" && f.Color == "" {
		f.Color = "#ffffff"
		if luminance(f.Fill) > 0.18 {
			f.Color = "#000000"
		}
	}
	return f
}

// luminance returns an approximation of the relative luminance, 0 to 1, of a colour that color returned.
func luminance(c string) float64 {
	c = c[1:]
	if len(c) == 3 {
		c = string([]byte{c[0], c[0], c[1], c[1], c[2], c[2]})
	}
	n, _ := strconv.ParseUint(c, 16, 32)
	channel := func(shift uint) float64 {
		x := float64(n>>shift&0xff) / 255
		return x * x // close enough to the exact curve to choose between black and white
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}
