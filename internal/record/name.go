package record

import "strings"

// Camel returns the spelling of a name in capitals that the newer methods use: ASSIGNED_BY_ID is assignedById, ID_1C is id1c,
// UF_CRM_2_1639669411830 is ufCrm2_1639669411830, since two numbers keep what separates them.
func Camel(name string) string {
	var b strings.Builder
	last := byte(0)
	for part := range strings.SplitSeq(strings.ToLower(name), "_") {
		if part == "" {
			continue
		}
		switch {
		case last == 0:
			b.WriteString(part)
		case isDigit(last) && isDigit(part[0]):
			b.WriteString("_" + part)
		default:
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
		last = part[len(part)-1]
	}
	return b.String()
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
