package localca

import (
	"errors"
	"net"
	"strings"
)

// errName is the answer to a client that asks for a name which no host can have.
var errName = errors.New("the client asks for a server name that no host can have")

// HostName returns name in lower case if a host can have it: labels of letters, digits, hyphens and the underscores that
// container networks allow, or an IP address without brackets.
func HostName(name string) (string, error) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if ip := net.ParseIP(name); ip != nil {
		return ip.String(), nil
	}
	if name == "" || len(name) > 253 {
		return "", errName
	}
	for label := range strings.SplitSeq(name, ".") {
		if !validLabel(label) {
			return "", errName
		}
	}
	return name, nil
}

func validLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, c := range []byte(label) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
