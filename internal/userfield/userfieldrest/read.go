package userfieldrest

import (
	"maps"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
)

// ReadField puts what tree says of a field into f. What it does not name stays.
func ReadField(f *userfield.Field, tree phpform.Value) error {
	for name, flag := range map[string]*bool{
		"MANDATORY": &f.Mandatory, "SHOW_IN_LIST": &f.ShowInList, "EDIT_IN_LIST": &f.EditInList,
		"IS_SEARCHABLE": &f.Searchable,
	} {
		v, ok := tree.GetFold(name)
		if !ok {
			continue
		}
		switch text := strings.ToUpper(v.Text()); {
		case v.Truthy():
			*flag = true
		case text == "" || text == "N" || text == "0" || text == "FALSE":
			*flag = false
		default:
			return fault.Argument(name, "Argument '"+name+"' must be Y or N")
		}
	}
	if v, ok := tree.GetFold("SHOW_FILTER"); ok {
		mode, known := userfield.FilterNamed(v.Text())
		switch {
		case !known && v.Truthy(): // true, 1
			mode = userfield.ByMask
		case !known && v.Text() != "" && v.Text() != "0" && !strings.EqualFold(v.Text(), "false"):
			return fault.Argument("SHOW_FILTER", "Argument 'SHOW_FILTER' must be Y, N, I, E or S")
		}
		f.ShowFilter = mode
	}
	if v, ok := tree.GetFold("SORT"); ok && v.Text() != "" {
		n, isNumber := v.Int()
		if !isNumber || n < 0 {
			return fault.Argument("SORT", "Argument 'SORT' must be a whole number, 0 or more")
		}
		f.Sort = n
	}
	if v, ok := tree.GetFold("XML_ID"); ok {
		f.XMLID = strings.TrimSpace(v.Text())
	}
	if v, ok := tree.GetFold("SETTINGS"); ok {
		f.Settings = v
	}
	if err := readLabels(f, tree); err != nil {
		return err
	}
	if v, ok := tree.GetFold("LIST"); ok {
		return readChoices(f, v)
	}
	return nil
}

// readLabels reads the texts: one for all languages, or an object of them. LABEL stands for those that have none.
func readLabels(f *userfield.Field, tree phpform.Value) error {
	labels := userfield.Labels{}
	maps.Copy(labels, f.Labels)
	usual, _ := tree.GetFold("LABEL")
	for _, l := range userfield.AllLabels {
		v, ok := tree.GetFold(string(l))
		if !ok && len(labels[l]) == 0 {
			v, ok = usual, usual.Text() != ""
		}
		if !ok {
			continue
		}
		texts := map[string]string{}
		if !v.IsArray() {
			texts[""] = strings.TrimSpace(v.Text())
		}
		for _, e := range v.Entries() {
			if e.Value.IsArray() {
				return fault.Argument(string(l), "Argument '"+string(l)+"' must be a text or an object of texts by language")
			}
			texts[strings.ToLower(e.Key)] = strings.TrimSpace(e.Value.Text())
		}
		labels[l] = texts
	}
	f.Labels = labels
	return nil
}

// readChoices reads the values of a list: new ones, those with an ID to be changed, and those with DEL to be removed.
func readChoices(f *userfield.Field, list phpform.Value) error {
	if !list.IsArray() {
		return fault.Argument("LIST", "Argument 'LIST' must be a list of values")
	}
	for i, e := range list.Entries() {
		get := func(name string) string {
			v, _ := e.Value.GetFold(name)
			return strings.TrimSpace(v.Text())
		}
		o := userfield.Option{Sort: int64(i) * 100}
		at := -1
		if v, ok := e.Value.GetFold("ID"); ok && v.Text() != "" {
			id, _ := v.Int()
			if at = slices.IndexFunc(f.Choices, func(o userfield.Option) bool { return o.ID == id }); at < 0 {
				return fault.Argument("LIST", "LIST: there is no value with the ID "+v.Text())
			}
			o = f.Choices[at]
		}
		if v, _ := e.Value.GetFold("DEL"); v.Truthy() && at >= 0 {
			f.Choices = slices.Delete(f.Choices, at, at+1)
			continue
		}
		if _, ok := e.Value.GetFold("VALUE"); ok || at < 0 {
			o.Value = get("VALUE")
		}
		if v, ok := e.Value.GetFold("SORT"); ok {
			n, isNumber := v.Int()
			if !isNumber {
				return fault.Argument("LIST", "LIST: SORT must be a whole number")
			}
			o.Sort = n
		}
		if v, ok := e.Value.GetFold("DEF"); ok {
			o.Default = v.Truthy()
		}
		if _, ok := e.Value.GetFold("XML_ID"); ok {
			o.XMLID = get("XML_ID")
		}
		if at >= 0 {
			f.Choices[at] = o
		} else {
			f.Choices = append(f.Choices, o)
		}
	}
	return nil
}
