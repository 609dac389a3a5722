package placement

import (
	"slices"
	"strconv"
	"strings"
)

// Global is the scope of the places that need no permission besides the one to use places at all.
const Global = "placement"

// The places that have a meaning of their own to the program.
const (
	BackgroundWorker = "PAGE_BACKGROUND_WORKER" // a hidden frame in every page
	AppURI           = "REST_APP_URI"           // a link to the application, followed
	LeftMenu         = "LEFT_MENU"
	UserFieldType    = "USERFIELD_TYPE" // shows and edits a field of a type that the application made
)

// Bound by other methods than placement.bind.
const (
	byPlacement = "placement.bind"
	byConnector = "imconnector.register"
	byLanding   = "landing.repo.bind"
	byFieldType = "userfieldtype.add"
)

// Place is a place in the pages of the portal.
type Place struct {
	// Code is the documented code. One that ends in a pattern stands for many: CRM_DYNAMIC_XXX_DETAIL_TAB, in which XXX is
	// the number of a type of records, and LANDING_BLOCK_<CODE>.
	Code  string
	Scope string // that the application must have besides "placement"; Global for none
	Where string // what the handler is there, for people, e.g. "Tab of a task"
	// Method is what binds a handler to the place: placement.bind, but for a few.
	Method  string
	Single  bool     // an application has one handler there, or one for each person where PerUser
	PerUser bool     // a handler may be for one person
	Options []Option // what placement.bind keeps of OPTIONS
	Context []string // the keys of PLACEMENT_OPTIONS that the handler gets there, besides URI
	Plain   bool     // the handler is opened with GET and gets no data
	Shown   bool     // the portal has pages with the place; other handlers are kept until it has
	Page    string   // in the documentation, below api-reference/
}

// pattern is what stands for a number in a code.
const pattern = "XXX"

// Places returns all documented places in the order of their codes.
func Places() []Place { return slices.Clone(places) }

// Bindable returns the places with a code of their own that placement.bind takes.
func Bindable() []Place {
	return slices.DeleteFunc(Places(), func(p Place) bool { return p.Method != byPlacement || isPattern(p.Code) })
}

func isPattern(code string) bool {
	return strings.Contains(code, pattern) || strings.Contains(code, "<")
}

// Find returns the place with a code, in any case. A code that a pattern stands for is found under itself: the place's Code
// is then the code that was asked for.
func Find(code string) (Place, bool) {
	code = strings.ToUpper(strings.TrimSpace(code))
	if p, ok := byCode[code]; ok {
		return p, !isPattern(code)
	}
	p, ok := byCode[patternOf(code)]
	p.Code = code
	return p, ok
}

// patternOf returns the pattern that stands for code; "" where none can.
func patternOf(code string) string {
	if block, ok := strings.CutPrefix(code, "LANDING_BLOCK_"); ok && block != "" {
		return landingBlock
	}
	rest, ok := strings.CutPrefix(code, "CRM_DYNAMIC_")
	number, suffix, found := strings.Cut(rest, "_")
	n, err := strconv.ParseInt(number, 10, 32)
	if !ok || !found || err != nil || n <= 0 || strconv.FormatInt(n, 10) != number {
		return ""
	}
	return "CRM_DYNAMIC_" + pattern + "_" + suffix
}

const landingBlock = "LANDING_BLOCK_<CODE>"

var places = all()

var byCode = func() map[string]Place {
	m := make(map[string]Place, len(places))
	for _, p := range places {
		m[p.Code] = p
	}
	return m
}()

// shown are the places that the pages of the portal have now.
var shown = []string{
	LeftMenu, AppURI, BackgroundWorker, UserFieldType, "USER_PROFILE_MENU", "USER_PROFILE_TOOLBAR", "IM_SIDEBAR", "IM_TEXTAREA",
	"IM_CONTEXT_MENU", "IM_NAVIGATION", "CONTACT_CENTER", SettingConnector, "TASK_VIEW_TAB", "TASK_VIEW_SIDEBAR", "TASK_VIEW_TOP_PANEL", "TASK_LIST_CONTEXT_MENU", "TASK_USER_LIST_TOOLBAR",
}

// all returns every documented place. Page: api-reference/widgets/placements.md; the numbers of records and the options are
// on the pages of the places.
func all() []Place {
	out := slices.Concat(crmPlaces(), imPlaces(), taskPlaces(), otherPlaces())
	for i := range out {
		if out[i].Method == "" {
			out[i].Method = byPlacement
		}
		out[i].Shown = slices.Contains(shown, out[i].Code)
	}
	slices.SortFunc(out, func(a, b Place) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// dynamic stands for the types of records that a portal makes for itself.
const dynamic = "DYNAMIC_" + pattern

// record is what a type of records is called: "tab of a deal".
var record = map[string]string{
	"LEAD": "a lead", "DEAL": "a deal", "CONTACT": "a contact", "COMPANY": "a company", "QUOTE": "an estimate",
	"SMART_INVOICE": "an invoice", "ORDER": "an order", "ACTIVITY": "an activity", dynamic: "a record of a custom type",
}

// family returns the places CRM_<type>_<suffix>, one for each of the types.
func family(suffix, what, page string, types []string, options []Option, context ...string) []Place {
	out := make([]Place, len(types))
	for i, t := range types {
		out[i] = Place{
			Code: "CRM_" + t + "_" + suffix, Scope: "crm", Where: what + record[t], Options: options, Context: context,
			Page: "widgets/crm/" + page + ".md",
		}
	}
	return out
}

func crmPlaces() []Place {
	cards := []string{"LEAD", "DEAL", "CONTACT", "COMPANY", "QUOTE", "SMART_INVOICE", dynamic}
	withOrder := append(slices.Clone(cards), "ORDER")
	countries := []Option{{Name: "countries", Kind: text}}
	crm := func(code, where, page string, context ...string) Place {
		return Place{Code: code, Scope: "crm", Where: where, Page: "widgets/crm/" + page + ".md", Context: context}
	}
	requisite := crm("CRM_REQUISITE_AUTOCOMPLETE", "Source of company details", "requisites-autocomplete/requisite-autocomplete", "searchQuery")
	bank := crm("CRM_BANK_DETAIL_AUTOCOMPLETE", "Source of bank details", "requisites-autocomplete/bank-detail-autocomplete", "searchQuery")
	requisite.Options, bank.Options = countries, countries
	bi := Place{
		Code: "BI_ANALYTICS_MENU", Scope: Global, Where: "Item of the menu of BI analytics", Plain: true,
		Page: "widgets/crm/bi-analytics-menu.md",
	}
	return slices.Concat(
		family("DETAIL_TAB", "Tab of ", "detail-tab", withOrder, nil, "ID"),
		family("DETAIL_TOOLBAR", "Item in the menu of ", "detail-toolbar", cards, nil, "ID", "ENTITY_ID"),
		family("DETAIL_ACTIVITY", "Button above the history of ", "detail-activity", withOrder, activityOptions(), "ID"),
		family("DOCUMENTGENERATOR_BUTTON", "Item in the documents of ", "document-generator-button", cards, nil, "ENTITY_ID"),
		family("LIST_MENU", "Item in the menu of a line, ", "list-menu", append(slices.Clone(cards), "ACTIVITY"), nil, "ID"),
		family("LIST_TOOLBAR", "Item above the list, for ", "list-toolbar", withOrder, nil),
		family("ACTIVITY_TIMELINE_MENU", "Item in the menu of an entry in the history of ", "activity-timeline-menu",
			[]string{"LEAD", "DEAL", "QUOTE", "SMART_INVOICE", dynamic}, nil,
			"ENTITY_ID", "ASSOCIATED_ENTITY_ID", "ASSOCIATED_ENTITY_TYPE_ID", "TYPE_ID", "TYPE_CATEGORY_ID", "TIMELINE_ITEM_ID"),
		family("ROBOT_DESIGNER_TOOLBAR", "Button above the automation rules of ", "robot-designer-toolbar",
			[]string{"LEAD", "DEAL", "SMART_INVOICE", dynamic}, nil),
		family("FUNNELS_TOOLBAR", "Button above the pipelines of ", "funnels-toolbar", []string{"SMART_INVOICE", dynamic}, nil),
		[]Place{
			bi, requisite, bank,
			crm("CRM_FUNNELS_TOOLBAR", "Button above the pipelines of deals", "funnels-toolbar"),
			crm("CRM_ANALYTICS_MENU", "Report in the menu of CRM analytics", "analytics-menu"),
			crm("CRM_ANALYTICS_TOOLBAR", "Button above CRM analytics", "analytics-toolbar"),
			crm("CRM_DETAIL_SEARCH", "Source of clients in the search of a record", "detail-search", "entityTypeName", "searchQuery"),
		})
}

func imPlaces() []Place {
	im := func(code, where, page string, options []Option, context ...string) Place {
		return Place{Code: code, Scope: Global, Where: where, Page: "widgets/" + page + ".md", Options: options, Context: context}
	}
	return []Place{
		im("IM_CONTEXT_MENU", "Item in the menu of a message", "im/context-menu", chatOptions(), "messageId", "dialogId"),
		im("IM_NAVIGATION", "Item in the menu of the messenger", "im/navigation", navigationOptions()),
		im("IM_SIDEBAR", "Item beside a chat", "im/sidebar", sidebarOptions(), "dialogId"),
		im("IM_TEXTAREA", "Item above the field for a message", "im/textarea", composerOptions(), "dialogId"),
		im("IM_SMILES_SELECTOR", "Emoji collection, which is no longer shown", "im/smile-selector", chatOptions()),
		im("IMMOBILE_CONTEXT_MENU", "Item of a chat in the mobile application", "mobile-app", chatOptions(), "dialogId"),
	}
}

func taskPlaces() []Place {
	task := func(code, where, page string, options []Option, context ...string) Place {
		return Place{Code: code, Scope: "task", Where: where, Page: "widgets/task/" + page + ".md", Options: options, Context: context}
	}
	group := func(code, where, page string, context ...string) Place {
		return Place{Code: code, Scope: "sonet_group", Where: where, Page: "widgets/workgroups/" + page + ".md", Context: context}
	}
	projects := []Option{{Name: "groupId", Kind: text}}
	return []Place{
		task("TASK_VIEW_TAB", "Tab of a task", "view-tab", projects, "taskId"),
		task("TASK_VIEW_SIDEBAR", "Panel beside a task", "view-sidebar", projects, "taskId"),
		task("TASK_VIEW_TOP_PANEL", "Button above a task", "view-top-panel", nil, "taskId"),
		task("TASK_LIST_CONTEXT_MENU", "Item in the menu of a task in the list", "list-context-menu", nil, "ID"),
		task("TASK_USER_LIST_TOOLBAR", "Item above the tasks of a person", "list-toolbar", nil, "USER_ID"),
		task("TASK_GROUP_LIST_TOOLBAR", "Item above the tasks of a project", "list-toolbar", nil, "GROUP_ID"),
		task("TASK_ROBOT_DESIGNER_TOOLBAR", "Button above the automation rules of tasks", "robot-designer-toolbar", nil, "USER_ID", "GROUP_ID"),
		group("SONET_GROUP_DETAIL_TAB", "Item in the menu of a project", "detail-tab", "GROUP_ID"),
		group("SONET_GROUP_TOOLBAR", "Item in the extensions of a project", "toolbar"),
		group("SONET_GROUP_ROBOT_DESIGNER_TOOLBAR", "Button above the automation rules of a project", "robot-designer-toolbar", "GROUP_ID"),
	}
}

func otherPlaces() []Place {
	return []Place{
		{Code: LeftMenu, Scope: Global, Where: "Item of the main menu", Page: "widgets/left-menu.md"},
		{Code: AppURI, Scope: Global, Where: "Link to the application", Single: true, Page: "widgets/universal/app-url.md"},
		{
			Code: BackgroundWorker, Scope: Global, Where: "Hidden in every page", Single: true, PerUser: true,
			Options: []Option{{Name: "errorHandlerUrl", Kind: address, Required: true}}, Context: []string{"ID"},
			Page: "widgets/universal/background-worker.md",
		},
		{
			Code: "USER_PROFILE_MENU", Scope: "user", Where: "Item in the menu of oneself", Context: []string{"USER_ID"},
			Page: "widgets/user-profile/profile-menu.md",
		},
		{
			Code: "USER_PROFILE_TOOLBAR", Scope: "user", Where: "Item on the card of a person", Context: []string{"USER_ID"},
			Page: "widgets/user-profile/profile-toolbar.md",
		},
		{
			Code: "CALENDAR_GRIDVIEW", Scope: "calendar", Where: "View of the calendar",
			Context: []string{"viewRangeFrom", "viewRangeTo"}, Page: "widgets/calendar.md",
		},
		{
			Code: "CALL_CARD", Scope: "telephony", Where: "Tab of the call card", Context: []string{
				"CALL_ID", "PHONE_NUMBER", "LINE_NUMBER", "LINE_NAME", "CRM_ENTITY_TYPE", "CRM_ENTITY_ID", "CRM_BINDINGS",
				"CRM_ACTIVITY_ID", "CALL_DIRECTION", "CALL_STATE", "CALL_LIST_MODE",
			}, Page: "widgets/telephony/call-card.md",
		},
		{
			Code: "TELEPHONY_ANALYTICS_MENU", Scope: "telephony", Where: "Item in the menu of call reports",
			Page: "widgets/telephony/analytics-menu.md",
		},
		{
			Code: "CONTACT_CENTER", Scope: "contact_center", Where: "Tile of the Contact Center", Context: []string{"ID"},
			Page: "widgets/contact-center.md",
		},
		{
			Code: SettingConnector, Scope: "imopenlines", Where: "Settings of a connector", Method: byConnector, Context: []string{
				"CONNECTOR", "LINE", "ACTIVE_STATUS", "CONNECTION_STATUS", "REGISTER_STATUS", "ERROR_STATUS", "STATUS",
			}, Page: "widgets/setting-connector.md",
		},
		{
			Code: UserFieldType, Scope: "", Where: "Field of a type of its own", Method: byFieldType,
			Page: "widgets/user-field/userfieldtype-add.md",
		},
		{
			Code: landingBlock, Scope: "landing", Where: "Item of a block of a site", Method: byLanding,
			Context: []string{"ID", "CODE", "LID"}, Page: "landing/embedding/block.md",
		},
		{
			Code: "LANDING_SETTINGS", Scope: "landing", Where: "Item of the settings of a site", Method: byLanding,
			Context: []string{"SITE_ID", "LID"}, Page: "landing/embedding/settings.md",
		},
	}
}
