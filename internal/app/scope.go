package app

import (
	"slices"
	"strings"
)

// AllScopes stands for every permission; only a webhook may have it.
const AllScopes = "*"

// Scope is a permission that an application or webhook may be given.
type Scope struct {
	Code  string // as it is written on the wire
	Title string
	About string // what it lets the application do, in a sentence
}

// scopes are the documented permissions, by what they are about. Page: api-reference/scopes/permissions.md.
var scopes = []Scope{
	{"im", "Web messenger", "Read and write messages and chats, and send notifications."},
	{"imbot", "Chat bots", "Register chat bots that talk to people in the messenger."},
	{"imopenlines", "Open channels", "Work with the conversations that clients start on open channels."},
	{"imconnector", "Connectors", "Connect outside messengers to open channels."},
	{"messageservice", "Message services", "Send text messages through a provider of its own."},
	{"contact_center", "Contact Center", "Show a tile of its own in the Contact Center."},
	{"crm", "CRM", "Read and change leads, deals, contacts, companies and what belongs to them."},
	{"salescenter", "CRM payments", "Work with payments that are requested in CRM and in chats."},
	{"documentgenerator", "Document generator", "Make documents from templates and keep their numbering."},
	{"task", "Tasks", "Read and change tasks, checklists, comments and results."},
	{"task_extended", "Tasks (extended rights)", "Use the older task methods beyond what people may change themselves."},
	{"tasks", "Tasks (REST 3.0)", "Read and change tasks through the newer form of the interface."},
	{"calendar", "Calendar", "Read and change events, sections and meeting rooms."},
	{"booking", "Online booking", "Offer resources and keep their bookings."},
	{"timeman", "Time tracking", "Open and close working days and read time reports."},
	{"telephony", "Telephony", "Register calls, show call cards and use lines of its own."},
	{"call", "Outgoing calls", "Call people and play a sound or read a text to them."},
	{"sale", "Online store", "Read and change orders, baskets, payments and shipments."},
	{"catalog", "Product catalog", "Read and change products, prices and stock."},
	{"delivery", "Delivery services", "Offer delivery services and calculate what they cost."},
	{"pay_system", "Payment systems", "Take payments through a system of its own."},
	{"cashbox", "Cash registers", "Print receipts on registers of its own."},
	{"user", "Users", "Read and change the profiles of people in full."},
	{"user_basic", "Users (basic)", "Read names, positions and contact details of people."},
	{"user_brief", "Users (minimal)", "Read the names of people and nothing else."},
	{"user.userfield", "User fields", "Add fields to the profiles of people and change them."},
	{"userconsent", "Agreements", "Read agreements and note who accepted them."},
	{"userfieldconfig", "Field settings", "Add custom fields to records and change their settings."},
	{"department", "Departments", "Read and change the departments of the company."},
	{"humanresources", "Company structure", "Read and change the company structure and who belongs where."},
	{"humanresources.hcmlink", "HR systems", "Connect an HR system to electronic signing."},
	{"sign.b2e", "Electronic signing", "Send documents to employees for signing."},
	{"log", "Feed", "Read and write posts and comments of the feed."},
	{"sonet_group", "Workgroups", "Read and change workgroups, projects and their members."},
	{"socialnetwork", "Social network", "Work with groups through the newer methods."},
	{"vote", "Polls", "Make polls and read their answers."},
	{"disk", "Drive", "Read, upload and change files and folders."},
	{"note", "Notes", "Read and change notes and knowledge bases."},
	{"lists", "Lists", "Read and change universal lists and their elements."},
	{"entity", "Data store", "Keep data of its own on the portal."},
	{"bizproc", "Workflows", "Add actions and automation rules, start and follow workflows."},
	{"rpa", "Business automation", "Work with the older automation of business processes."},
	{"landing", "Sites", "Read and change sites, pages and their blocks."},
	{"mail", "Mail", "Read mailboxes and send messages."},
	{"mailservice", "Mail services", "Offer mail services that people connect."},
	{"biconnector", "BI connector", "Supply analytics with data from outside."},
	{"ai_admin", "AI services", "Register services that answer requests of the assistant."},
	{"placement", "Widgets", "Show pages of its own inside the pages of the portal."},
	{"intranet", "Intranet widgets", "Show widgets on the pages of the intranet."},
	{"mobile", "Mobile application", "Show pages of its own in the mobile application."},
	{"pull", "Push and pull", "Send data to open pages at once."},
	{"main", "Event log", "Read the event log of the portal."},
}

// legacyScopes are taken from those who still name them, and not offered.
var legacyScopes = []string{"tasks_extended", "tasksmobile", "sonet", "basic"}

// Scopes returns the permissions that may be given, those that are used most first in each group.
func Scopes() []Scope { return slices.Clone(scopes) }

// ScopeTitle returns what a permission is called; its code where it has no name.
func ScopeTitle(code string) string {
	if code == AllScopes {
		return "All permissions"
	}
	if i := slices.IndexFunc(scopes, func(s Scope) bool { return s.Code == code }); i >= 0 {
		return scopes[i].Title
	}
	return code
}

// cleanScopes returns codes in lower case, each once, in their order.
func cleanScopes(codes []string) []string {
	var out []string
	for _, c := range codes {
		c = strings.ToLower(strings.TrimSpace(c))
		if c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func wrongScopes(codes []string, all bool) string {
	for _, c := range codes {
		known := slices.ContainsFunc(scopes, func(s Scope) bool { return s.Code == c }) || slices.Contains(legacyScopes, c)
		if !known && (c != AllScopes || !all) {
			return "There is no permission “" + c + "”."
		}
	}
	return ""
}
