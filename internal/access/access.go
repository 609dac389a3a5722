// Package access names what people may do on a portal beyond what everybody may.
//
// A Set of permissions comes from the roles of a person and of their departments (package user); administrators always
// have all of them. An area asks user.Ref.May, a page is registered with web.Needs. There is no permission without effect:
// an area that comes later adds its own here.
package access

import (
	"slices"
	"strings"
)

// Set is a set of permissions. Its zero value is empty.
type Set uint64

// The permissions. Their numbers are not stored, so that they may be put in any order; their names are.
const (
	ManagePeople Set = 1 << iota
	ManageDepartments
	OwnWebhooks
	AllWebhooks
	ManageApps
	ViewConsole
	ViewAudit
	ChangeSettings
	AllTasks
	TestBots
	ManageLines
	ManageConnectors
	DepartmentLineStatistics
	LineStatistics
	DepartmentLineHistory
	LineHistory
)

// Permission describes one permission to people.
type Permission struct {
	Set   Set
	Name  string // as it is stored, e.g. "people.manage"; never renamed
	Group string // heading under which it is shown
	Title string
	Text  string // what it lets one do, in a sentence
}

var all = []Permission{
	{
		ManagePeople, "people.manage", "People", "Manage people",
		"Invite, change, dismiss and take back people, end their sessions, reset passwords and second factors, and give roles that allow no more than one's own. Administrators are out of reach.",
	},
	{
		ManageDepartments, "departments.manage", "People", "Manage departments",
		"Add, rename, move and delete departments, choose their heads and put people into them.",
	},
	{
		AllTasks, "tasks.all", "Work", "See and change all tasks",
		"Every task of the portal, as if one had set it, including those of other departments.",
	},
	{
		ManageLines, "lines.manage", "Open channels", "Manage open channels",
		"Add, change and delete open channels: who answers, when, and what clients are told. Shared canned answers belong to it.",
	},
	{
		ManageConnectors, "connectors.manage", "Open channels", "Connect channels",
		"Connect the channels through which clients write to an open channel, and take them off.",
	},
	{
		DepartmentLineStatistics, "lines.statistics.department", "Open channels", "See statistics of one's departments",
		"Answer times, load and ratings of the operators in the departments that one is in or heads, and below.",
	},
	{
		LineStatistics, "lines.statistics", "Open channels", "See statistics of everybody",
		"Answer times, load and ratings of all operators and open channels.",
	},
	{
		DepartmentLineHistory, "lines.history.department", "Open channels", "Read conversations of one's departments",
		"Conversations with clients that operators in the departments that one is in or heads, and below, have led.",
	},
	{
		LineHistory, "lines.history", "Open channels", "Read all conversations",
		"Every conversation with clients, whoever has led it.",
	},
	{
		OwnWebhooks, "webhooks.own", "Developer resources", "Add inbound webhooks",
		"Secret addresses by which scripts call the portal as the person who made them.",
	},
	{
		AllWebhooks, "webhooks.all", "Developer resources", "Manage everybody's inbound webhooks",
		"See, take over and remove the inbound webhooks of other people.",
	},
	{
		ManageApps, "apps.manage", "Developer resources", "Manage local applications",
		"Add, install, change and remove applications of one's own, see their events, and take their tokens away.",
	},
	{
		ViewConsole, "console.view", "Developer resources", "Use the console",
		"See the requests and deliveries of all applications and webhooks, with what was sent and answered.",
	},
	{
		TestBots, "bots.test", "Developer resources", "Test chat bots",
		"Talk to chat bots in the playground, as oneself and in the place of people who may do no more than oneself, and keep dialogues as tests.",
	},
	{
		ViewAudit, "audit.view", "Portal", "See the audit log",
		"Read who changed what on the portal, and when.",
	},
	{
		ChangeSettings, "settings.change", "Portal", "Change settings",
		"Change the portal's settings, except how people sign in, which administrators alone decide.",
	},
}

// Everything is all permissions: what administrators have.
var Everything = func() (s Set) {
	for _, p := range all {
		s |= p.Set
	}
	return s
}()

// All returns the permissions in the order in which they are shown.
func All() []Permission { return slices.Clone(all) }

// Has reports whether every permission of p is in s.
func (s Set) Has(p Set) bool { return s&p == p }

// Names returns the names of the permissions in s, in the order of All.
func (s Set) Names() []string {
	var names []string
	for _, p := range all {
		if s.Has(p.Set) {
			names = append(names, p.Name)
		}
	}
	return names
}

// String returns the names, separated by spaces: how a set is stored.
func (s Set) String() string { return strings.Join(s.Names(), " ") }

// Named returns the permission called name, and whether there is one.
func Named(name string) (Permission, bool) {
	i := slices.IndexFunc(all, func(p Permission) bool { return p.Name == name })
	if i < 0 {
		return Permission{}, false
	}
	return all[i], true
}

// Parse returns the permissions that text names, separated by spaces. Unknown names are left out: a later version of the
// program may have written them.
func Parse(text string) (s Set) {
	for name := range strings.FieldsSeq(text) {
		p, _ := Named(name)
		s |= p.Set
	}
	return s
}
