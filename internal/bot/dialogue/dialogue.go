// Package dialogue holds dialogues with chat bots that are kept as tests: what a person says and presses, and what the bot is
// expected to answer. A script is a JSON file that people write and read; Run plays it and says what was different.
package dialogue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The limits of a script.
const (
	MaxBytes = 1 << 20
	maxSteps = 500
	// DefaultWithin is how long an answer may take where the script does not say so; MaxWithin is the longest time.
	DefaultWithin = 10 * time.Second
	MaxWithin     = 10 * time.Minute
)

// Script is a dialogue. In texts that are expected a star stands for anything, also for nothing; \* is a star.
type Script struct {
	Name string `json:"name"`
	Bot  string `json:"bot"` // its code
	// As is the login of who talks to the bot; empty: whoever runs the script.
	As string `json:"as,omitempty"`
	// Group plays it in a group of the two instead of in private. What is said mentions the bot where it would not hear it.
	Group bool `json:"group,omitempty"`
	// Within is how many seconds the answers to one step may take; 0: DefaultWithin.
	Within float64 `json:"within,omitempty"`
	Steps  []Step  `json:"steps"`
}

// Step is something that a person does, and the answers to it, in their order. Exactly one of Say and Press is set.
type Step struct {
	Say    string  `json:"say,omitempty"`
	Press  string  `json:"press,omitempty"` // the text of a button under the newest message with a keyboard
	Expect []Reply `json:"expect"`          // empty: the bot keeps silent
}

// Reply is a message that is expected. Attach and Keyboard are compared with the normal form of package attach: what an object
// does not name is not looked at, lists have to be as long, texts may have stars, and "*" stands for whatever is there. Without
// them the message must have none.
type Reply struct {
	Text     string          `json:"text"`
	Attach   json.RawMessage `json:"attach,omitempty"`
	Keyboard json.RawMessage `json:"keyboard,omitempty"`
}

// Heard is a message of the bot.
type Heard struct {
	ID       int64
	Text     string
	Attach   json.RawMessage // nil: none
	Keyboard json.RawMessage // nil: none
}

// Limit returns how long the answers to one step may take.
func (s Script) Limit() time.Duration {
	if s.Within <= 0 {
		return DefaultWithin
	}
	return min(time.Duration(s.Within*float64(time.Second)), MaxWithin)
}

// Parse reads a script. Its errors say what is wrong in words for the one who wrote it.
func Parse(raw []byte) (Script, error) {
	if len(raw) > MaxBytes {
		return Script{}, errors.New("the script is longer than 1 MB")
	}
	var s Script
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Script{}, fmt.Errorf("the script is no JSON of a dialogue: %w", err)
	}
	if d.More() {
		return Script{}, errors.New("something follows the script")
	}
	return s, s.check()
}

func (s Script) check() error {
	switch {
	case strings.TrimSpace(s.Bot) == "":
		return errors.New(`"bot" is missing: the code of the bot`)
	case len(s.Steps) == 0:
		return errors.New(`"steps" are missing`)
	case len(s.Steps) > maxSteps:
		return fmt.Errorf("there are more than %d steps", maxSteps)
	case s.Within < 0 || s.Within > MaxWithin.Seconds():
		return errors.New(`"within" is between 0 and 600 seconds`)
	}
	for i, step := range s.Steps {
		if (strings.TrimSpace(step.Say) == "") == (strings.TrimSpace(step.Press) == "") {
			return fmt.Errorf(`step %d has to have either "say" or "press"`, i+1)
		}
		for j, r := range step.Expect {
			if err := r.check(); err != nil {
				return fmt.Errorf("step %d, answer %d: %w", i+1, j+1, err)
			}
		}
	}
	return nil
}

func (r Reply) check() error {
	for name, raw := range map[string]json.RawMessage{"attach": r.Attach, "keyboard": r.Keyboard} {
		if raw == nil {
			continue
		}
		switch v := decode(raw).(type) {
		case []any:
		case string:
			if v != anything {
				return fmt.Errorf(`%q is a list or "*"`, name)
			}
		default:
			return fmt.Errorf(`%q is a list or "*"`, name)
		}
	}
	return nil
}

// Format writes a script as Parse reads it.
func (s Script) Format() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil { // raw messages that are no JSON
		return []byte("{}\n")
	}
	return b.Bytes()
}

// Expecting returns what is to be expected of messages so that they are expected again, stars as they are.
func Expecting(list []Heard) []Reply {
	out := make([]Reply, 0, len(list))
	for _, h := range list {
		out = append(out, Reply{Text: Literal(h.Text), Attach: lasting(h.Attach), Keyboard: lasting(h.Keyboard)})
	}
	return out
}

// Literal returns the pattern that matches text alone.
func Literal(text string) string { return strings.NewReplacer(`\`, `\\`, `*`, `\*`).Replace(text) }

// passing are the fields that are others each time, or say nothing where they are as usual.
var passing = map[string]any{
	"ID": nil, "BOT_ID": nil, "BLOCK": "N", "DISABLED": "N", "CONTEXT": "ALL", "DISPLAY": "BLOCK", "BG_COLOR_TOKEN": "base", "COLOR_TOKEN": "base",
	"DESCRIPTION": "", "COLOR": "",
}

// lasting returns a part of a message without what is passing.
func lasting(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	out, err := json.Marshal(strip(decode(raw)))
	if err != nil {
		return nil
	}
	return out
}

func strip(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = strip(v[i])
		}
	case map[string]any:
		for key, inner := range v {
			if usual, ok := passing[key]; ok && (usual == nil || usual == inner) {
				delete(v, key)
				continue
			}
			v[key] = strip(inner)
		}
	case string:
		return Literal(v)
	}
	return v
}

// decode reads JSON with its numbers as they are written; nil for what is none.
func decode(raw json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}
