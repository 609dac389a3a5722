package botrest

import (
	"errors"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

const (
	propertiesPath = "PROPERTIES."
	photoName      = "PERSONAL_PHOTO"
)

// properties are the fields of PROPERTIES: the bot's profile.
type properties struct {
	Name     *string        `b24:"NAME"`
	LastName *string        `b24:"LAST_NAME"`
	Color    *string        `b24:"COLOR"`
	Email    *string        `b24:"EMAIL"`
	Birthday *string        `b24:"PERSONAL_BIRTHDAY"`
	Position *string        `b24:"WORK_POSITION"`
	WWW      *string        `b24:"PERSONAL_WWW"`
	Gender   *string        `b24:"PERSONAL_GENDER"`
	Photo    *phpform.Value `b24:"PERSONAL_PHOTO"`
}

// change returns what the properties say about the profile. It fails for a picture that is not base64.
func (p properties) change() (user.BotChange, error) {
	c := user.BotChange{
		FirstName: p.Name, LastName: p.LastName, ColorCode: p.Color, Email: p.Email, Birthday: p.Birthday,
		Position: p.Position, WWW: p.WWW, Gender: p.Gender,
	}
	if p.Photo == nil {
		return c, nil
	}
	_, picture, err := rest.File(*p.Photo)
	c.Avatar = &picture
	return c, err
}

// wireNames are the properties by the names that package user has for them in its faults.
var wireNames = map[string]string{
	"first_name": "NAME",
	"last_name":  "LAST_NAME",
	"color":      "COLOR",
	"email":      "EMAIL",
	"birthday":   "PERSONAL_BIRTHDAY",
	"position":   "WORK_POSITION",
	"www":        "PERSONAL_WWW",
	"gender":     "PERSONAL_GENDER",
	"avatar":     photoName,
}

// onWire gives the property that a fault names its name on the wire, under path.
func onWire(path string, err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	if name, ok := wireNames[f.Field]; ok {
		return f.At(path + name)
	}
	return err
}
