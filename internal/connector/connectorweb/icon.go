package connectorweb

import (
	"html/template"
	"strings"

	"github.com/portico-hq/portico/internal/connector"
)

// iconView is the picture of a connector in its box.
type iconView struct {
	Image template.URL // a data URI of a picture, in base64
	Box   template.CSS
	Look  template.CSS // of the picture in the box
	Faint bool         // it is the picture of a connected one, shown of one that is not
}

// iconOf returns the picture that shows whether a connector is connected.
func iconOf(j connector.Joined) iconView {
	icon, faint := j.Icon, false
	if !j.Connected() {
		if faint = j.Off.Image == ""; !faint {
			icon = j.Off
		} else if j.Off.Color != "" {
			icon.Color = j.Off.Color
		}
	}
	v := iconView{Faint: faint, Look: template.CSS(look(icon))} //nolint:gosec // numbers, percentages and words of CSS that the connector's check let through
	if strings.HasPrefix(icon.Image, "data:image/") {
		v.Image = template.URL(icon.Image) //nolint:gosec // a picture in base64, shown by an <img>
	}
	if icon.Color != "" {
		v.Box = template.CSS("background-color:" + icon.Color) //nolint:gosec // a colour, as above
	}
	return v
}

// look says in terms of an <img> in a box how a background of that size and position would lie: a share of the position moves the
// picture by the same share of itself.
func look(i connector.Icon) string {
	width, height := pair(i.Size, "100%")
	if i.Size == "contain" || i.Size == "cover" {
		return "inset:0;width:100%;height:100%;object-fit:" + i.Size
	}
	if strings.Count(i.Size, " ") == 0 {
		height = width
	}
	x, y := pair(i.Position, "50%")
	if x == "top" || x == "bottom" || y == "left" || y == "right" { // words may stand in either order
		x, y = y, x
	}
	x, y = share(x), share(y)
	return "width:" + width + ";height:" + height + ";left:" + x + ";top:" + y + ";transform:translate(" + back(x) + "," + back(y) + ")"
}

// pair returns the two parts of a value of CSS.
func pair(text, usual string) (first, second string) {
	switch parts := strings.Fields(text); len(parts) {
	case 0:
		return usual, usual
	case 1:
		return parts[0], usual
	default:
		return parts[0], parts[1]
	}
}

// share returns a word of a position as a percentage.
func share(word string) string {
	switch word {
	case "center":
		return "50%"
	case "left", "top":
		return "0%"
	case "right", "bottom":
		return "100%"
	}
	return word
}

// back returns by how much the picture moves back.
func back(at string) string {
	if strings.HasSuffix(at, "%") && !strings.HasPrefix(at, "-") {
		return "-" + at
	}
	return "0"
}
