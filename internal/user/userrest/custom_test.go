package userrest_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userrest"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldrest"
)

// customHandler serves a portal with Anna, the administrator, and Ben, whose profiles may have fields of their own.
func customHandler(t *testing.T, d *db.DB) *rest.Handler {
	t.Helper()
	c := clock.NewManual(noon)
	var users *user.Service
	fields := userfield.New(userfield.Config{
		DB: d, Clock: c,
		EmployeeTx: func(ctx context.Context, tx *db.Tx, id int64) (bool, error) {
			found, err := users.ManyTx(ctx, tx, []int64{id})
			return len(found) > 0, err
		},
		OwnType: func(_ context.Context, code string, _ int64) (bool, error) { return code == "rest_3_stars", nil },
	})
	users = user.NewService(user.Config{DB: d, Clock: c, Fields: fields})
	if _, err := users.CreateDepartment(t.Context(), user.Department{ID: 1, Name: "Company"}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []user.NewUser{
		{Login: "anna", Email: "anna@example.com", FirstName: "Anna", Admin: true},
		{Login: "ben", Email: "ben@example.com", FirstName: "Ben"},
	} {
		if _, err := users.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	r := rest.NewRegistry()
	userfieldrest.Register(r, userfieldrest.Config{
		Prefix: "user", Entity: user.Entity, NamePrefix: "UF_USR_", Scope: "user.userfield",
		Pages: "api-reference/user/userfields/user-userfield-", Fields: fields,
	})
	userrest.Register(r, users, func(path string) string { return path })
	return rest.NewHandler(r, tokens{}, c, slog.New(slog.DiscardHandler))
}

var customSchemas = []db.Schema{user.Schema(), userfield.Schema()}

const (
	who    = "1 user,user.userfield"
	added  = `{"result":true}`
	denied = `{"error":"","error_description":"Access denied."}`
)

func core(text string) string { return refusal("ERROR_CORE", text) }

func TestFieldsOfProfilesAreAddedListedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, customSchemas, func(t *testing.T, d *db.DB) {
		h := customHandler(t, d)
		const text = `{"ID":"1","ENTITY_ID":"USER","FIELD_NAME":"UF_USR_SKILL","USER_TYPE_ID":"string","XML_ID":"x","SORT":"150","MULTIPLE":"N","MANDATORY":"N","SHOW_FILTER":"E","SHOW_IN_LIST":"Y","EDIT_IN_LIST":"Y","IS_SEARCHABLE":"Y","SETTINGS":{"SIZE":20,"ROWS":3,"REGEXP":"","MIN_LENGTH":0,"MAX_LENGTH":0,"DEFAULT_VALUE":"Go"}}`
		const choice = `{"ID":"2","ENTITY_ID":"USER","FIELD_NAME":"UF_USR_LEVEL","USER_TYPE_ID":"enumeration","XML_ID":null,"SORT":"100","MULTIPLE":"Y","MANDATORY":"N","SHOW_FILTER":"N","SHOW_IN_LIST":"Y","EDIT_IN_LIST":"N","IS_SEARCHABLE":"N","SETTINGS":{"DISPLAY":"UI","LIST_HEIGHT":1,"CAPTION_NO_VALUE":"","SHOW_NO_VALUE":"Y"},"LIST":[`
		steps(t, h, []step{
			{"user.userfield.list", who, `{}`, `{"result":[],"total":0}`},
			{"user.userfield.add", who, `{"fields":{"FIELD_NAME":"uf_skill","USER_TYPE_ID":"string","XML_ID":"x","SORT":150,"MULTIPLE":"N","MANDATORY":"N","SHOW_FILTER":"Y","SHOW_IN_LIST":"Y","IS_SEARCHABLE":"Y","SETTINGS":{"DEFAULT_VALUE":"Go","ROWS":3,"UNKNOWN":1},"LABEL":"Skill"}}`, `{"result":1}`},
			{"user.userfield.add", who, `{"fields":{"FIELD_NAME":"LEVEL","USER_TYPE_ID":"enumeration","MULTIPLE":"Y","EDIT_IN_LIST":"N","SETTINGS":{"DISPLAY":"UI"},"LIST":[{"VALUE":"low","XML_ID":"l"},{"VALUE":"high","DEF":"Y","XML_ID":"h"}]}}`, `{"result":2}`},
			{"user.userfield.list", who, `{"order":{"SORT":"desc"}}`, `{"result":[` + text + `,` + choice + `{"ID":"1","SORT":"0","VALUE":"low","DEF":"N","XML_ID":"l"},{"ID":"2","SORT":"100","VALUE":"high","DEF":"Y","XML_ID":"h"}]}],"total":2}`},
			{"user.userfield.list", who, `{"filter":{"%FIELD_NAME":"ski","MULTIPLE":"N",">=SORT":150,"SHOW_FILTER":"E"}}`, `{"result":[` + text + `],"total":1}`},
			{"user.userfield.list", who, `{"filter":{"@USER_TYPE_ID":["date","money"]}}`, `{"result":[],"total":0}`},
			{"user.userfield.list", who, `{"filter":{"!ID":[2]},"order":"ID"}`, `{"result":[` + text + `],"total":1}`},
			{"user.userfield.update", who, `{"id":2,"fields":{"LIST":[{"ID":1,"DEL":"Y"},{"ID":2,"VALUE":"top"},{"VALUE":"mid","SORT":50,"XML_ID":"m"}]}}`, added},
			{"user.userfield.list", who, `{"filter":{"ID":2}}`, `{"result":[` + choice + `{"ID":"3","SORT":"50","VALUE":"mid","DEF":"N","XML_ID":"m"},{"ID":"2","SORT":"100","VALUE":"top","DEF":"Y","XML_ID":"h"}]}],"total":1}`},
			{"user.userfield.list", who, `{"filter":{"SHOW_FILTER":"Y"}}`, `{"result":[` + text + `],"total":1}`},
			{"user.userfield.update", who, `{"id":1,"fields":{"SHOW_FILTER":"s"}}`, added},
			{"user.userfield.list", who, `{"filter":{"SHOW_FILTER":"Y"}}`, `{"result":[` + strings.Replace(text, `"SHOW_FILTER":"E"`, `"SHOW_FILTER":"S"`, 1) + `],"total":1}`},
			{"user.userfield.list", who, `{"filter":{"SHOW_FILTER":"I"}}`, `{"result":[],"total":0}`},
			{"user.userfield.update", who, `{"id":1,"fields":{"SHOW_FILTER":"X"}}`, argument("SHOW_FILTER", "Argument 'SHOW_FILTER' must be Y, N, I, E or S")},
			{"user.userfield.delete", who, `{"id":2}`, added},
			{"user.userfield.delete", who, `{"id":2}`, denied},
			{"user.userfield.list", who, `{"filter":{"SORT":100}}`, `{"result":[],"total":0}`},
		})
	})
}

func TestFieldsThatCannotBeAdded(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, customSchemas, func(t *testing.T, d *db.DB) {
		add := func(fields, want string) step {
			return step{"user.userfield.add", who, `{"fields":` + fields + `}`, want}
		}
		steps(t, customHandler(t, d), []step{
			{"user.userfield.add", "2 user.userfield", `{"fields":{"FIELD_NAME":"A","USER_TYPE_ID":"string"}}`, denied},
			{"user.userfield.list", "2 user.userfield", `{}`, denied},
			{"user.userfield.add", who, `{}`, argument("fields", "Argument 'fields' is null or empty")},
			add(`{"USER_TYPE_ID":"string"}`, refusal("", "The 'FIELD_NAME' field is not found.")),
			add(`{"FIELD_NAME":"A"}`, refusal("", "The 'USER_TYPE_ID' field is not found.")),
			add(`{"FIELD_NAME":"A","USER_TYPE_ID":""}`, argument("USER_TYPE_ID", "Argument 'USER_TYPE_ID' is null or empty")),
			add(`{"FIELD_NAME":"A","USER_TYPE_ID":"crm"}`, core("Invalid user type specified")),
			add(`{"FIELD_NAME":"A","USER_TYPE_ID":"rest_9_x"}`, core("Invalid user type specified")),
			add(`{"FIELD_NAME":"Ä","USER_TYPE_ID":"string"}`, core("FIELD_NAME must be made of A-Z, 0-9 and _, up to 50 characters")),
			add(`{"FIELD_NAME":"A","USER_TYPE_ID":"rest_3_stars"}`, `{"result":1}`),
			add(`{"FIELD_NAME":"UF_USR_A","USER_TYPE_ID":"string"}`, core("Field UF_USR_A for USER object already exists")),
			add(`{"FIELD_NAME":"B","USER_TYPE_ID":"string","MANDATORY":"perhaps"}`, argument("MANDATORY", "Argument 'MANDATORY' must be Y or N")),
			add(`{"FIELD_NAME":"B","USER_TYPE_ID":"string","SORT":"first"}`, argument("SORT", "Argument 'SORT' must be a whole number, 0 or more")),
			add(`{"FIELD_NAME":"B","USER_TYPE_ID":"string","SETTINGS":{"ROWS":0}}`, core("SETTINGS: ROWS must be a whole number from 1 to 100")),
			add(`{"FIELD_NAME":"B","USER_TYPE_ID":"boolean","SETTINGS":{"DISPLAY":"SWITCH"}}`, core("SETTINGS: DISPLAY must be one of CHECKBOX, RADIO, DROPDOWN")),
			add(`{"FIELD_NAME":"B","USER_TYPE_ID":"money","SETTINGS":{"DEFAULT_VALUE":"12"}}`, core("SETTINGS: DEFAULT_VALUE must be a value of the type money")),
			add(`{"FIELD_NAME":"B","USER_TYPE_ID":"date","SETTINGS":{"DEFAULT_VALUE":{"TYPE":"FIXED","VALUE":"soon"}}}`, core("SETTINGS: DEFAULT_VALUE must be an object with TYPE and a VALUE that is a date")),
			add(`{"FIELD_NAME":"B","USER_TYPE_ID":"string","LIST":[{"VALUE":"x"}]}`, core("LIST is for fields of the type enumeration")),
			add(`{"FIELD_NAME":"B","USER_TYPE_ID":"enumeration","LIST":[{"VALUE":""}]}`, core("Every VALUE of LIST must have 1 to 500 bytes")),
			{"user.userfield.update", who, `{"fields":{}}`, refusal("", "ID is not defined or invalid")},
			{"user.userfield.update", who, `{"id":77,"fields":{"SORT":1}}`, denied},
			{"user.userfield.delete", who, `{"id":"x"}`, refusal("", "ID is not defined or invalid")},
		})
	})
}

// everyType adds a field of each type; its values come from user.update.
func everyType() []step {
	add := func(name, kind, more string) step {
		return step{"user.userfield.add", who, `{"fields":{"FIELD_NAME":"` + name + `","USER_TYPE_ID":"` + kind + `"` + more + `}}`, ""}
	}
	return []step{
		add("S", "string", ""), add("I", "integer", ""), add("D", "double", `,"SETTINGS":{"PRECISION":1}`),
		add("B", "boolean", ""), add("DATE", "date", ""), add("TIME", "datetime", ""), add("U", "url", ""), add("ADDR", "address", ""),
		add("M", "money", ""), add("E", "employee", `,"MULTIPLE":"Y"`), add("OWN", "rest_3_stars", ""),
		add("C", "enumeration", `,"LIST":[{"VALUE":"low"},{"VALUE":"high"}]`),
	}
}

func TestValuesOfEveryType(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, customSchemas, func(t *testing.T, d *db.DB) {
		h := customHandler(t, d)
		for _, s := range everyType() {
			if got := call(t, h, s.method, s.token, s.params); strings.Contains(got, "error") {
				t.Fatal(s.params, got)
			}
		}
		const empty = `"UF_USR_S":"","UF_USR_I":"","UF_USR_D":"","UF_USR_B":"0","UF_USR_DATE":"","UF_USR_TIME":"","UF_USR_U":"","UF_USR_ADDR":"","UF_USR_M":"","UF_USR_E":[],"UF_USR_OWN":"","UF_USR_C":""`
		const filled = `"UF_USR_S":"Größe <b>","UF_USR_I":"-12","UF_USR_D":"1.3","UF_USR_B":"1","UF_USR_DATE":"2026-12-31T00:00:00+00:00","UF_USR_TIME":"2026-12-31T14:30:00+00:00","UF_USR_U":"https://example.com/","UF_USR_ADDR":"Kiel|54.3;10.1","UF_USR_M":"12.50|EUR","UF_USR_E":["1","2"],"UF_USR_OWN":"5","UF_USR_C":"2"`
		update := func(fields, want string) step { return step{"user.update", who, `{"ID":2,` + fields + `}`, want} }
		found := func(filter string) step {
			return step{"user.get", who, `{"select":["ID"],"FILTER":{` + filter + `}}`, `{"result":[{"ID":"2"}],"total":1}`}
		}
		none := func(filter string) step {
			return step{"user.get", who, `{"select":["ID"],"FILTER":{` + filter + `}}`, `{"result":[],"total":0}`}
		}
		steps(t, h, []step{
			{"user.get", who, `{"FILTER":{"ID":2},"select":["ID","UF_USR_*"]}`, `{"result":[{"ID":"2"}],"total":1}`},
			{"user.get", who, `{"FILTER":{"ID":2},"select":["ID","UF_USR_S","UF_USR_NONE"]}`, `{"result":[{"ID":"2","UF_USR_S":""}],"total":1}`},
			{"user.get", who, `{"FILTER":{"ID":2},"select":["ID","UF_*"]}`, `{"result":[{"ID":"2","UF_EMPLOYMENT_DATE":"","UF_DEPARTMENT":[],` + empty + `}],"total":1}`},
			update(`"UF_USR_S":"Größe <b>","UF_USR_I":"-12","UF_USR_D":"1,25","UF_USR_B":true,"UF_USR_DATE":"31.12.2026","UF_USR_TIME":"2026-12-31T15:30:00+01:00","UF_USR_U":"https://example.com/","UF_USR_ADDR":"Kiel|54.3;10.1","UF_USR_M":"12.50|eur","UF_USR_E":[1,"2",""],"UF_USR_OWN":5,"UF_USR_C":2`, added),
			{"user.get", who, `{"FILTER":{"ID":2},"select":["ID","UF_*"]}`, `{"result":[{"ID":"2","UF_EMPLOYMENT_DATE":"","UF_DEPARTMENT":[],` + filled + `}],"total":1}`},
			found(`"UF_USR_S":"GRÖSSE <B>","!ID":2`).wants(none(``).want),
			found(`"UF_USR_S":"größe <B>"`), found(`"%UF_USR_S":"ße"`), found(`"=%UF_USR_S":"gr%"`), none(`"!%UF_USR_S":"ße","ID":2`),
			found(`"<UF_USR_I":0`), none(`">UF_USR_I":"-12"`), found(`"@UF_USR_I":[5,-12]`), found(`">=UF_USR_D":1.25`), none(`"UF_USR_I":"many"`),
			found(`"UF_USR_B":"Y"`), found(`"UF_USR_B":"N","ID":1`).wants(`{"result":[{"ID":"1"}],"total":1}`),
			found(`">UF_USR_DATE":"2026-12-30"`), found(`"UF_USR_DATE":"2026-12-31"`), none(`"<UF_USR_TIME":"2026-12-31T14:30:00Z"`),
			found(`">UF_USR_M":12`), found(`"UF_USR_M":"12.50|EUR"`), none(`"UF_USR_M":"12.50|USD"`), found(`"UF_USR_E":1`), found(`"UF_USR_C":[1,2]`),
			found(`"!UF_USR_S":""`), found(`"UF_USR_S":""`).wants(`{"result":[{"ID":"1"}],"total":1}`),
			{"user.search", who, `{"select":["ID"],"FILTER":{"UF_USR_OWN":"5"}}`, `{"result":[{"ID":"2"}],"total":1}`},
			update(`"UF_USR_I":"many"`, core("UF_USR_I: write a whole number.")),
			update(`"UF_USR_D":"1e300"`, core("UF_USR_D: write a number.")),
			update(`"UF_USR_B":"perhaps"`, core("UF_USR_B: say yes or no.")),
			update(`"UF_USR_DATE":"soon"`, core("UF_USR_DATE: write the date as 2026-12-31.")),
			update(`"UF_USR_M":"12"`, core("UF_USR_M: write the amount with its currency as 12.50|EUR.")),
			update(`"UF_USR_E":[77]`, core("UF_USR_E: there is no such person.")),
			update(`"UF_USR_C":9`, core("UF_USR_C: choose one of the values of the list.")),
			update(`"UF_USR_S":["a","b"]`, core("UF_USR_S: one value is enough.")),
			update(`"UF_USR_S":{"a":["b"]}`, argument("UF_USR_S", "Argument 'UF_USR_S' must be a value or a list of values")),
			update(`"NAME":"Benno","UF_USR_I":"x"`, core("UF_USR_I: write a whole number.")), // and the name stays
			{"user.get", who, `{"FILTER":{"ID":2},"select":["NAME","UF_USR_I"]}`, `{"result":[{"NAME":"Ben","UF_USR_I":"-12"}],"total":1}`},
			{"user.get", "1 user_basic", `{"FILTER":{"UF_USR_I":"-12"},"select":["ID","UF_USR_I"]}`, `{"result":[{"ID":"1"},{"ID":"2"}],"total":2}`},
			{"user.get", "1 user_brief,user.userfield", `{"FILTER":{"UF_USR_I":"-12"},"select":["ID","UF_USR_I"]}`, `{"result":[{"ID":"2","UF_USR_I":"-12"}],"total":1}`},
			update(`"UF_USR_S":"","UF_USR_I":null,"UF_USR_D":"","UF_USR_B":"0","UF_USR_DATE":"","UF_USR_TIME":"","UF_USR_U":"","UF_USR_ADDR":"","UF_USR_M":"","UF_USR_E":[],"UF_USR_OWN":"","UF_USR_C":""`, added),
			{"user.get", who, `{"FILTER":{"ID":2},"select":["ID","UF_*"]}`, `{"result":[{"ID":"2","UF_EMPLOYMENT_DATE":"","UF_DEPARTMENT":[],` + empty + `}],"total":1}`},
		})
	})
}

func (s step) wants(want string) step {
	s.want = want
	return s
}

func TestDefaultsAndMandatoryFields(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, customSchemas, func(t *testing.T, d *db.DB) {
		h := customHandler(t, d)
		steps(t, h, []step{
			{"user.userfield.add", who, `{"fields":{"FIELD_NAME":"TEXT","USER_TYPE_ID":"string","SETTINGS":{"DEFAULT_VALUE":"new"}}}`, `{"result":1}`},
			{"user.userfield.add", who, `{"fields":{"FIELD_NAME":"DAY","USER_TYPE_ID":"date","SETTINGS":{"DEFAULT_VALUE":{"TYPE":"NOW"}}}}`, `{"result":2}`},
			{"user.userfield.add", who, `{"fields":{"FIELD_NAME":"PICK","USER_TYPE_ID":"enumeration","LIST":[{"VALUE":"a"},{"VALUE":"b","DEF":"Y"}]}}`, `{"result":3}`},
			{"user.userfield.add", who, `{"fields":{"FIELD_NAME":"MUST","USER_TYPE_ID":"integer","MANDATORY":"Y","EDIT_FORM_LABEL":{"en":"Number of the badge"}}}`, `{"result":4}`},
			{"user.add", who, `{"EMAIL":"new@example.com","UF_DEPARTMENT":[1],"UF_USR_MUST":"7","UF_USR_TEXT":"own"}`, `{"result":3}`},
			{"user.add", who, `{"EMAIL":"other@example.com","UF_DEPARTMENT":[1]}`, core("Number of the badge is required.")},
			{"user.add", who, `{"EMAIL":"other@example.com","UF_DEPARTMENT":[1],"UF_USR_MUST":"x"}`, core("Number of the badge: write a whole number.")},
			{"user.get", who, `{"FILTER":{"ID":3},"select":["UF_USR_TEXT","UF_USR_DAY","UF_USR_PICK","UF_USR_MUST"]}`, `{"result":[{"UF_USR_TEXT":"own","UF_USR_DAY":"2026-03-10T00:00:00+00:00","UF_USR_PICK":"2","UF_USR_MUST":"7"}],"total":1}`},
			{"user.update", who, `{"ID":3,"NAME":"Nora"}`, added},
			{"user.update", who, `{"ID":3,"UF_USR_MUST":""}`, core("Number of the badge is required.")},
			{"user.userfield.update", who, `{"id":4,"fields":{"ERROR_MESSAGE":"Ask the porter."}}`, added},
			{"user.update", who, `{"ID":3,"UF_USR_MUST":""}`, core("Ask the porter.")},
			{"user.userfield.update", who, `{"id":3,"fields":{"LIST":[{"ID":2,"DEL":"Y"}]}}`, added},
			{"user.get", who, `{"FILTER":{"ID":3},"select":["UF_USR_PICK"]}`, `{"result":[{"UF_USR_PICK":""}],"total":1}`},
		})
	})
}
