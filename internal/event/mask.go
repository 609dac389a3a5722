package event

import (
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
)

// secretKeys are the keys, in lower case, whose values are credentials: those of the block "auth" and of a frame.
var secretKeys = map[string]bool{
	"access_token": true, "refresh_token": true, "application_token": true, "auth_id": true, "refresh_id": true,
	"client_secret": true, "auth": true, "password": true,
}

// shownOfSecret is how many characters of a long secret are kept, so that one can be told from another.
const shownOfSecret = 4

// mask returns what is kept of a secret.
func mask(secret string) string {
	const long = 16 // a shorter one is not shown at all
	if len(secret) < long {
		return "…"
	}
	return secret[:shownOfSecret] + "…"
}

// masked returns v with its credentials masked, at any depth.
func masked(v phpform.Value) phpform.Value {
	if !v.IsArray() {
		return v
	}
	entries := slices.Clone(v.Entries())
	for i, e := range entries {
		switch {
		case e.Value.IsArray():
			entries[i].Value = masked(e.Value)
		case secretKeys[strings.ToLower(e.Key)] && e.Value.Text() != "":
			entries[i].Value = phpform.StringOf(mask(e.Value.Text()))
		}
	}
	return phpform.ArrayOf(entries...)
}

// secretsIn returns the credentials that v holds.
func secretsIn(v phpform.Value) (out []string) {
	for _, e := range v.Entries() {
		if e.Value.IsArray() {
			out = append(out, secretsIn(e.Value)...)
		} else if secretKeys[strings.ToLower(e.Key)] && e.Value.Text() != "" {
			out = append(out, e.Value.Text())
		}
	}
	return out
}

// minHidden is the shortest secret that is looked for in an answer; a shorter one would be found where it is not meant.
const minHidden = 6

// hide masks the secrets in what a handler answered: some print what they were sent.
func hide(text string, secrets []string) string {
	for _, s := range secrets {
		if len(s) >= minHidden && strings.Contains(text, s) {
			text = strings.ReplaceAll(text, s, mask(s))
		}
	}
	return text
}
