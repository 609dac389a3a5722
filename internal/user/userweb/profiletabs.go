package userweb

import "github.com/portico-hq/portico/internal/web"

// The addresses of one's own pages.
const (
	ProfileURL  = "/profile/"
	SecurityURL = "/profile/security/"
)

// ProfileTabs returns the tabs of one's own pages; current is the address of the page that shows them.
func ProfileTabs(current string) []web.Tab {
	return []web.Tab{
		{Title: "Profile", URL: ProfileURL, Current: current == ProfileURL},
		{Title: "Sign-in and security", URL: SecurityURL, Current: current == SecurityURL},
	}
}
