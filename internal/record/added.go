package record

import "github.com/portico-hq/portico/internal/userfield"

// addedKind is what a field that was added is sorted by.
func (f *Field) addedKind() Type {
	switch f.added.Type {
	case userfield.Integer, userfield.Employee, userfield.Choice, userfield.Boolean, userfield.Date, userfield.DateTime:
		return Int
	case userfield.Double, userfield.Money:
		return Double
	}
	return Text
}
