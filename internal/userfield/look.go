package userfield

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Wanted returns the conditions that a text makes which a person typed into the filter of a list, in the way that ShowFilter
// says. Dates are days in zone. A text that is none of the field's type finds nothing.
func (f Field) Wanted(text string, zone *time.Location) []Condition {
	text = strings.TrimSpace(text)
	switch f.Type {
	case Choice, Boolean, Employee, Date:
		return []Condition{{Values: []string{text}}}
	case DateTime:
		day, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			return []Condition{{Values: []string{text}}}
		}
		return []Condition{
			{Op: GreaterOrEqual, Values: []string{day.UTC().Format(time.RFC3339)}},
			{Op: Less, Values: []string{day.AddDate(0, 0, 1).UTC().Format(time.RFC3339)}},
		}
	}
	number := f.Type == Integer || f.Type == Double || f.Type == Money
	switch {
	case f.ShowFilter == ByMask && strings.Contains(text, "*"):
		return []Condition{{Op: Like, Values: []string{strings.NewReplacer("*", "%", "%", "").Replace(text)}}}
	case f.ShowFilter == ByPart, f.ShowFilter == ByMask && !number:
		return []Condition{{Op: Contains, Values: []string{text}}}
	}
	return []Condition{{Values: []string{text}}}
}

// maxFound is how many options of a Choice a word of a search may mean.
const maxFound = 100

// FoundSQL returns the condition that one of fields has a value in which a word begins with word, for a query in which owner is
// the column with the number of the record. Choices are found by their texts. ok is false where none of the fields can be found so.
func FoundSQL(fields []Field, owner, word string) (sql string, args []any, ok bool) {
	word = strings.ToLower(word)
	var texts, plain, options []string
	for _, f := range fields {
		id := strconv.FormatInt(f.ID, 10)
		switch f.Type {
		case Choice:
			for _, o := range f.Choices {
				if strings.Contains(" "+strings.ToLower(o.Value), " "+word) && len(options) < maxFound {
					options = append(options, "v.field_id = "+id+" AND v.whole = "+strconv.FormatInt(o.ID, 10))
				}
			}
		case Integer, Double, Date, DateTime:
			plain = append(plain, id)
		case Boolean, Employee: // nobody looks for a number that stands for something else
		default:
			texts = append(texts, id)
		}
	}
	like := db.Like(word) + "%"
	var parts []string
	if len(texts) > 0 {
		parts = append(parts, "v.field_id IN ("+strings.Join(texts, ", ")+`) AND ' ' || v.folded LIKE ? ESCAPE '\'`)
		args = append(args, "% "+like)
	}
	if len(plain) > 0 {
		parts = append(parts, "v.field_id IN ("+strings.Join(plain, ", ")+`) AND v.text LIKE ? ESCAPE '\'`)
		args = append(args, like)
	}
	parts = slices.Concat(parts, options)
	if len(parts) == 0 {
		return "", nil, false
	}
	return "EXISTS (SELECT 1 FROM userfield_value v WHERE v.owner_id = " + owner + " AND (" + strings.Join(parts, " OR ") + "))", args, true
}
