package app

import (
	"fmt"
	"slices"
	"strings"
)

// spoken returns permissions as a sentence has them.
func spoken(scopes []string) string {
	if len(scopes) == 0 {
		return "none"
	}
	return strings.Join(scopes, ", ")
}

// changes tells in words what a form makes of the application, behind its name.
func (a App) changes(f Form) string {
	var what []string
	add := func(name string, differs bool) {
		if differs {
			what = append(what, name)
		}
	}
	old := a.Form()
	add("name", old.Name != f.Name)
	add("type", old.Kind != f.Kind || old.APIOnly != f.APIOnly)
	add("handler path", old.HandlerURL != f.HandlerURL)
	add("path for installation", old.InstallURL != f.InstallURL)
	add("menu item", old.MenuTitle != f.MenuTitle)
	add("version", f.Version != 0 && old.Version != f.Version)
	added, removed := ScopeChange(old.Scopes, f.Scopes)
	add("permissions", len(added)+len(removed) > 0)
	if len(what) == 0 {
		return " was saved without a change."
	}
	text := " was changed: " + strings.Join(what, ", ") + "."
	if len(added)+len(removed) > 0 {
		text += fmt.Sprintf(" Permissions given: %s; taken away: %s.", spoken(added), spoken(removed))
	}
	return text
}

// ScopeChange returns which permissions come and which go.
func ScopeChange(before, after []string) (added, removed []string) {
	for _, s := range after {
		if !slices.Contains(before, s) {
			added = append(added, s)
		}
	}
	for _, s := range before {
		if !slices.Contains(after, s) {
			removed = append(removed, s)
		}
	}
	return added, removed
}
