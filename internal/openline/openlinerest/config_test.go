package openlinerest_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlinerest"
	"github.com/portico-hq/portico/internal/openline/openlinetest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// bench is the methods of a portal with three people: 1 administers, 2 and 3 are employees in department 1.
type bench struct {
	*testing.T

	clock   *clock.Manual
	users   *user.Service
	handler http.Handler
}

func open(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	d := dbtest.SQLite(t, setting.Schema(), audit.Schema(), user.Schema(), line.Schema())
	b := &bench{T: t, clock: clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))}
	b.users = user.New(d, b.clock)
	openlinetest.People(t, b.users, "Support", []string{"boss", "ann", "bob"}, func(i int, n *user.NewUser) {
		if n.Admin = i == 0; i > 0 {
			n.DepartmentIDs = []int64{1}
		}
	})
	lines := line.New(line.Config{DB: d, Clock: b.clock, Users: b.users, Bots: openlinetest.Bots{77: true}, Audit: audit.New(d, b.clock)})
	registry := rest.NewRegistry()
	openlinerest.RegisterConfig(registry, openlinerest.ConfigMethods{
		Lines: lines, Users: b.users, Clock: b.clock, URL: func() string { return "https://portal.example" },
	})
	scopes := []string{"imopenlines"}
	b.handler = rest.NewHandler(registry, openlinetest.Callers{
		"admin":   {Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 3, Scopes: scopes},
		"ann":     {Kind: rest.ByToken, UserID: 2, AppID: 3, Scopes: scopes},
		"bob":     {Kind: rest.ByToken, UserID: 3, AppID: 3, Scopes: scopes},
		"manager": {Kind: rest.ByToken, UserID: 3, AppID: 3, Scopes: scopes, Access: access.ManageLines},
	}, b.clock, slog.New(slog.DiscardHandler))
	return b
}

// call returns the status and the answer without its time.
func (b *bench) call(who, method, params string) string {
	b.Helper()
	return openlinetest.Call(b, b.handler, who, method, params)
}

func (b *bench) want(who, method, params, want string) {
	b.Helper()
	if got := b.call(who, method, params); got != want {
		b.Errorf("%s, %s %.300s:\n got %s\nwant %s", who, method, params, got, want)
	}
}

// result returns what a call answers, which must succeed.
func (b *bench) result(who, method, params string) json.RawMessage {
	b.Helper()
	got := b.call(who, method, params)
	text, ok := strings.CutPrefix(got, `200 {"result":`)
	if !ok {
		b.Fatalf("%s: %s", method, got)
	}
	return json.RawMessage(text)
}

const theWhole = `{"ID":"1","ACTIVE":"Y","LINE_NAME":"Shop","CRM":"N","CRM_CREATE":"none","CRM_CREATE_SECOND":"","CRM_CREATE_THIRD":"N",` +
	`"CRM_FORWARD":"N","CRM_CHAT_TRACKER":"N","CRM_TRANSFER_CHANGE":"N","CRM_SOURCE":"create","QUEUE_TIME":"45","NO_ANSWER_TIME":"120",` +
	`"QUEUE_TYPE":"strictly","CHECK_AVAILABLE":"Y","WATCH_TYPING":"N","WELCOME_BOT_ENABLE":"Y","WELCOME_MESSAGE":"Y","WELCOME_MESSAGE_TEXT":"Hi!",` +
	`"VOTE_MESSAGE":"N","VOTE_TIME_LIMIT":"0","VOTE_BEFORE_FINISH":"N","VOTE_CLOSING_DELAY":"N","VOTE_MESSAGE_1_TEXT":"a","VOTE_MESSAGE_1_LIKE":"b",` +
	`"VOTE_MESSAGE_1_DISLIKE":"c","VOTE_MESSAGE_2_TEXT":"d","VOTE_MESSAGE_2_LIKE":"e","VOTE_MESSAGE_2_DISLIKE":"f","AGREEMENT_MESSAGE":"N","AGREEMENT_ID":"0",` +
	`"CATEGORY_ENABLE":"N","CATEGORY_ID":"0","WELCOME_BOT_JOIN":"always","WELCOME_BOT_ID":"77","WELCOME_BOT_TIME":"180","WELCOME_BOT_LEFT":"close",` +
	`"NO_ANSWER_RULE":"text","NO_ANSWER_FORM_ID":"0","NO_ANSWER_BOT_ID":"0","NO_ANSWER_TEXT":"g","WORKTIME_ENABLE":"Y","WORKTIME_FROM":"9.30","WORKTIME_TO":"21",` +
	`"WORKTIME_TIMEZONE":"Europe/Berlin","WORKTIME_HOLIDAYS":["01.01","25.12"],"WORKTIME_DAYOFF":["SA","SU"],"WORKTIME_DAYOFF_RULE":"text",` +
	`"WORKTIME_DAYOFF_FORM_ID":"0","WORKTIME_DAYOFF_BOT_ID":"0","WORKTIME_DAYOFF_TEXT":"h","CLOSE_RULE":"none","CLOSE_FORM_ID":"0","CLOSE_BOT_ID":"0",` +
	`"CLOSE_TEXT":"i","FULL_CLOSE_TIME":"0","AUTO_CLOSE_RULE":"none","AUTO_CLOSE_FORM_ID":"0","AUTO_CLOSE_BOT_ID":"0","AUTO_CLOSE_TIME":"3600","AUTO_CLOSE_TEXT":"j",` +
	`"AUTO_EXPIRE_TIME":"86400","DATE_CREATE":{},"DATE_MODIFY":{},"MODIFY_USER_ID":"1","TEMPORARY":"N","XML_ID":null,"LANGUAGE_ID":"de",` +
	`"QUICK_ANSWERS_IBLOCK_ID":"0","SESSION_PRIORITY":"0","TYPE_MAX_CHAT":"answered_new","MAX_CHAT":"4","OPERATOR_DATA":"queue","DEFAULT_OPERATOR_DATA":[],` +
	`"KPI_FIRST_ANSWER_TIME":"0","KPI_FIRST_ANSWER_ALERT":"N","KPI_FIRST_ANSWER_LIST":null,"KPI_FIRST_ANSWER_TEXT":"k","KPI_FURTHER_ANSWER_TIME":"60",` +
	`"KPI_FURTHER_ANSWER_ALERT":"Y","KPI_FURTHER_ANSWER_LIST":["1","2"],"KPI_FURTHER_ANSWER_TEXT":"l","KPI_CHECK_OPERATOR_ACTIVITY":"N",` +
	`"SEND_NOTIFICATION_EMPTY_QUEUE":"N","USE_WELCOME_FORM":"N","WELCOME_FORM_ID":"0","WELCOME_FORM_DELAY":"N","SEND_WELCOME_EACH_SESSION":"N",` +
	`"CONFIRM_CLOSE":"N","IGNORE_WELCOME_FORM_RESPONSIBLE":"N"`

const addWhole = `{"PARAMS":{"LINE_NAME":"Shop","ACTIVE":"Y","QUEUE":[{"ENTITY_TYPE":"user","ENTITY_ID":"3"},{"ENTITY_TYPE":"department","ENTITY_ID":"1"}],` +
	`"QUEUE_TYPE":"strictly","QUEUE_TIME":45,"NO_ANSWER_TIME":120,"WELCOME_MESSAGE":"Y","WELCOME_MESSAGE_TEXT":"Hi!","CRM":"N","CRM_CREATE":"none","LANGUAGE_ID":"de",` +
	`"MAX_CHAT":4,"TYPE_MAX_CHAT":"answered_new","WORKTIME_ENABLE":"Y","WORKTIME_FROM":"09:30","WORKTIME_TO":"21:00","WORKTIME_TIMEZONE":"Europe/Berlin",` +
	`"WORKTIME_DAYOFF":["SA","SU"],"WORKTIME_HOLIDAYS":"1.1,25.12","WORKTIME_DAYOFF_RULE":"text","WORKTIME_DAYOFF_TEXT":"h","NO_ANSWER_TEXT":"g","CLOSE_TEXT":"i",` +
	`"AUTO_CLOSE_TEXT":"j","AUTO_CLOSE_TIME":"3600","FULL_CLOSE_TIME":"0","VOTE_MESSAGE_1_TEXT":"a","VOTE_MESSAGE_1_LIKE":"b","VOTE_MESSAGE_1_DISLIKE":"c",` +
	`"VOTE_MESSAGE_2_TEXT":"d","VOTE_MESSAGE_2_LIKE":"e","VOTE_MESSAGE_2_DISLIKE":"f","WELCOME_BOT_ENABLE":"Y","WELCOME_BOT_ID":77,"WELCOME_BOT_JOIN":"always",` +
	`"WELCOME_BOT_TIME":180,"WELCOME_BOT_LEFT":"close","KPI_FIRST_ANSWER_TEXT":"k","KPI_FURTHER_ANSWER_TEXT":"l","KPI_FURTHER_ANSWER_TIME":60,` +
	`"KPI_FURTHER_ANSWER_ALERT":"Y","KPI_FURTHER_ANSWER_LIST":[1,2],"OPERATOR_DATA":"queue","QUEUE_USERS_FIELDS":{"2":{"USER_NAME":"Ann of the shop","USER_AVATAR":""}}}}`

func TestALineIsAnsweredAsItsPageSays(t *testing.T) {
	b := open(t)
	b.want("admin", "imopenlines.config.add", addWhole, `200 {"result":1`)
	anybody := `{"USER_NAME":null,"USER_WORK_POSITION":null,"USER_AVATAR":null,"USER_AVATAR_ID":"0"}`
	ann := `{"USER_NAME":"Ann of the shop","USER_WORK_POSITION":null,"USER_AVATAR":null,"USER_AVATAR_ID":"0"}`
	queue := `,"QUEUE":["3","2"],"QUEUE_FULL":{"3":{"ID":"1","SORT":"0","USER_ID":"3","DEPARTMENT_ID":"0",` + anybody[1:] +
		`,"2":{"ID":"2","SORT":"1","USER_ID":"2","DEPARTMENT_ID":"1",` + ann[1:] + `},"QUEUE_USERS_FIELDS":{"3":` + anybody + `,"2":` + ann + `},"QUEUE_ONLINE":`
	b.want("bob", "imopenlines.config.get", `{"CONFIG_ID":1}`, `200 {"result":`+theWhole+queue+`"N"}`)
	b.want("bob", "imopenlines.config.get", `{"CONFIG_ID":"1","WITH_QUEUE":"N"}`, `200 {"result":`+theWhole+`}`)
	b.want("bob", "imopenlines.config.get", `{"CONFIG_ID":1,"SHOW_OFFLINE":"N"}`,
		`200 {"result":`+theWhole+`,"QUEUE":[],"QUEUE_FULL":[],"QUEUE_USERS_FIELDS":[],"QUEUE_ONLINE":"N"}`)
	if _, err := b.users.OpenSession(b.Context(), user.NewSession{UserID: 2}); err != nil { // ann is there now
		t.Fatal(err)
	}
	b.want("bob", "imopenlines.config.get", `{"CONFIG_ID":1,"SHOW_OFFLINE":"N"}`, `200 {"result":`+theWhole+`,"QUEUE":["2"],`+
		`"QUEUE_FULL":{"2":{"ID":"2","SORT":"1","USER_ID":"2","DEPARTMENT_ID":"1",`+ann[1:]+`},"QUEUE_USERS_FIELDS":{"2":`+ann+`},"QUEUE_ONLINE":"Y"}`)
	b.want("bob", "imopenlines.config.get", `{"CONFIG_ID":99}`, `200 {"result":false`)
}

func TestWhatWasReadCanBeWrittenBack(t *testing.T) {
	b := open(t)
	b.want("admin", "imopenlines.config.add", addWhole, `200 {"result":1`)
	before := string(b.result("admin", "imopenlines.config.get", `{"CONFIG_ID":1}`))
	b.want("admin", "imopenlines.config.update", `{"CONFIG_ID":1,"PARAMS":`+before+`}`, `200 {"result":true`)
	after := string(b.result("admin", "imopenlines.config.get", `{"CONFIG_ID":1}`))
	// QUEUE has the people alone, so that the place of the department becomes one of ann's.
	want := strings.ReplaceAll(before, `"ID":"2","SORT":"1","USER_ID":"2","DEPARTMENT_ID":"1"`, `"ID":"3","SORT":"1","USER_ID":"2","DEPARTMENT_ID":"0"`)
	if after != want {
		t.Errorf("it reads\n%s\nwant\n%s", after, want)
	}
}

func TestWhoMayChangeLines(t *testing.T) {
	b := open(t)
	denied := `403 {"error":"CONFIG_WRONG_USER_PERMISSION","error_description":"Permission denied"}`
	b.want("ann", "imopenlines.config.add", `{}`, `200 {"result":1`)
	b.want("bob", "imopenlines.config.update", `{"CONFIG_ID":1,"PARAMS":{"LINE_NAME":"Mine"}}`, denied)
	b.want("bob", "imopenlines.config.delete", `{"CONFIG_ID":1}`, denied)
	b.want("ann", "imopenlines.config.update", `{"CONFIG_ID":1,"PARAMS":{"LINE_NAME":"Hers"}}`, `200 {"result":true`)
	b.want("manager", "imopenlines.config.update", `{"CONFIG_ID":1,"PARAMS":{"active":"N"}}`, `200 {"result":true`)
	b.want("bob", "imopenlines.config.update", `{"CONFIG_ID":2,"PARAMS":{"LINE_NAME":"x"}}`, `200 {"result":false`)
	b.want("bob", "imopenlines.config.delete", `{"CONFIG_ID":2}`, `200 {"result":false`)
	b.want("bob", "imopenlines.config.list.get", `{"PARAMS":{"select":["LINE_NAME","ACTIVE"]}}`, `200 {"result":[{"LINE_NAME":"Hers","ACTIVE":"N"}]`)
	b.want("manager", "imopenlines.config.delete", `{"CONFIG_ID":1}`, `200 {"result":true`)
	b.want("bob", "imopenlines.config.get", `{"CONFIG_ID":1}`, `200 {"result":false`)
	empty := `400 {"error":"CONFIG_ID_EMPTY","error_description":"Config ID can't be empty"}`
	for _, method := range []string{"get", "update", "delete"} {
		for _, params := range []string{`{}`, `{"CONFIG_ID":0}`, `{"CONFIG_ID":"x"}`, `{"CONFIG_ID":[1]}`, `{"CONFIG_ID":-1}`} {
			b.want("admin", "imopenlines.config."+method, params, empty)
		}
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	b := open(t)
	for params, want := range map[string]string{
		`"x"`:                                        `"Argument 'PARAMS' must be an object","argument":"PARAMS"`,
		`{"QUEUE_TYPE":"random"}`:                    `"QUEUE_TYPE must be one of evenly, strictly, all","argument":"QUEUE_TYPE"`,
		`{"QUEUE_TYPE":["all"]}`:                     `"QUEUE_TYPE must be a single value","argument":"QUEUE_TYPE"`,
		`{"WORKTIME_DAYOFF":[["MO"]]}`:               `"WORKTIME_DAYOFF must be a list of single values","argument":"WORKTIME_DAYOFF"`,
		`{"QUEUE":"1"}`:                              `"QUEUE must be a list of objects with ENTITY_TYPE and ENTITY_ID","argument":"QUEUE"`,
		`{"QUEUE":[{"ENTITY_ID":"1"}]}`:              `"QUEUE must have entries whose ENTITY_TYPE is user or department","argument":"QUEUE"`,
		`{"QUEUE":[99]}`:                             `"QUEUE names 99, who is no active employee","argument":"QUEUE"`,
		`{"CRM":"Y"}`:                                `"CRM needs the CRM, which this portal does not have yet; it can only be switched off","argument":"CRM"`,
		`{"WELCOME_FORM_ID":5}`:                      `"WELCOME_FORM_ID needs the CRM, which this portal does not have yet; it can only be switched off","argument":"WELCOME_FORM_ID"`,
		`{"DEFAULT_OPERATOR_DATA":"x"}`:              `"DEFAULT_OPERATOR_DATA must be an object with NAME and AVATAR","argument":"DEFAULT_OPERATOR_DATA"`,
		`{"DEFAULT_OPERATOR_DATA":{"NAME":["x"]}}`:   `"DEFAULT_OPERATOR_DATA must have a single value in NAME","argument":"DEFAULT_OPERATOR_DATA"`,
		`{"DEFAULT_OPERATOR_DATA":{"AVATAR":"x"}}`:   `"DEFAULT_OPERATOR_DATA must have a picture whose address begins with https://","argument":"DEFAULT_OPERATOR_DATA"`,
		`{"QUEUE_USERS_FIELDS":{"x":{}}}`:            `"QUEUE_USERS_FIELDS must be an object of objects by the ids of people","argument":"QUEUE_USERS_FIELDS"`,
		`{"QUEUE_TIME":"soon","WORKTIME_FROM":"25"}`: `"QUEUE_TIME must be a whole number from 0 to 31536000","argument":"QUEUE_TIME"`,
	} {
		b.want("admin", "imopenlines.config.add", `{"PARAMS":`+params+`}`, `400 {"error":"ERROR_ARGUMENT","error_description":`+want+`}`)
	}
	b.want("admin", "imopenlines.config.list.get", `{}`, `200 {"result":[]`)
	for _, params := range []string{`null`, `""`, `[]`, `{"UNKNOWN":1,"ID":"99","QUEUE":[],"QUEUE_FULL":{},"DEFAULT_OPERATOR_DATA":[],"XML_ID":null}`} {
		if got := b.call("admin", "imopenlines.config.add", `{"PARAMS":`+params+`}`); !strings.HasPrefix(got, "200 ") {
			t.Errorf("%s: %s", params, got)
		}
	}
}

func TestListsOfLines(t *testing.T) {
	b := open(t)
	b.want("admin", "imopenlines.config.add", `{"PARAMS":{"LINE_NAME":"VIP","QUEUE":[{"ENTITY_TYPE":"department","ENTITY_ID":1}],"SESSION_PRIORITY":7}}`, `200 {"result":1`)
	b.want("admin", "imopenlines.config.add", `{"PARAMS":{"LINE_NAME":"Sales","ACTIVE":"N","DEFAULT_OPERATOR_DATA":{"NAME":"Team","AVATAR":"https://x.org/a.png"}}}`, `200 {"result":2`)
	b.want("ann", "imopenlines.config.add", `{"PARAMS":{"LINE_NAME":"Help"}}`, `200 {"result":3`)
	list := func(params, options, want string) {
		t.Helper()
		b.want("bob", "imopenlines.config.list.get", `{"PARAMS":`+params+`,"OPTIONS":`+options+`}`, `200 {"result":`+want)
	}
	list(`{"select":["ID","LINE_NAME"],"order":{"LINE_NAME":"asc"}}`, `{}`, `[{"ID":"3","LINE_NAME":"Help"},{"ID":"2","LINE_NAME":"Sales"},{"ID":"1","LINE_NAME":"VIP"}]`)
	list(`{"select":["ID"],"order":{"SESSION_PRIORITY":"DESC","ID":"DESC"},"limit":"2","offset":1}`, `null`, `[{"ID":"3"},{"ID":"2"}]`)
	list(`{"select":{"0":"id","TITLE":"LINE_NAME"},"filter":{"ACTIVE":"N"}}`, `{}`, `[{"ID":"2","TITLE":"Sales"}]`)
	list(`{"select":["ID"],"filter":{"!ACTIVE":"N","%LINE_NAME":"i"}}`, `{}`, `[{"ID":"1"}]`)
	list(`{"select":["ID"],"filter":{"@ID":[1,3],">SESSION_PRIORITY":0}}`, `{}`, `[{"ID":"1"}]`)
	list(`{"select":["DEFAULT_OPERATOR_DATA"],"filter":{"ID":2}}`, `{}`, `[{"DEFAULT_OPERATOR_DATA":{"NAME":"Team","AVATAR":"https://x.org/a.png","AVATAR_ID":"0"}}]`)
	nobody := `{"USER_NAME":null,"USER_WORK_POSITION":null,"USER_AVATAR":null,"USER_AVATAR_ID":null}`
	list(`{"select":["ID"],"limit":1}`, `{"QUEUE":"Y","CONFIG_QUEUE":"Y"}`,
		`[{"ID":"1","QUEUE":[2,3],"QUEUE_USERS_FIELDS":{"2":`+nobody+`,"3":`+nobody+`},"CONFIG_QUEUE":[{"ENTITY_ID":"1","ENTITY_TYPE":"department"}]}]`)
	list(`{"select":["ID"]}`, `{"CHECK_PERMISSION":"view"}`, `[{"ID":"1"}]`)
	list(`{"select":["ID"]}`, `{"CHECK_PERMISSION":"modify"}`, `[]`)
	b.want("ann", "imopenlines.config.list.get", `{"PARAMS":{"select":["ID"]},"OPTIONS":{"CHECK_PERMISSION":"modify"}}`, `200 {"result":[{"ID":"3"}]`)
	b.want("manager", "imopenlines.config.list.get", `{"PARAMS":{"select":["ID"],"limit":1000},"OPTIONS":{"CHECK_PERMISSION":"modify"}}`, `200 {"result":[{"ID":"1"},{"ID":"2"},{"ID":"3"}]`)
	var whole []map[string]any
	if err := json.Unmarshal(b.result("bob", "imopenlines.config.list.get", `{"PARAMS":{"limit":0}}`), &whole); err != nil || len(whole) != 3 || len(whole[0]) != 90 {
		t.Errorf("%d lines with %d fields, %v", len(whole), len(whole[0]), err)
	}
}

func TestListsInAWrongForm(t *testing.T) {
	b := open(t)
	for params, want := range map[string]string{
		`{"PARAMS":{"top":1,"skip":2}}`:                     "Unsupported PARAMS fields are passed: top, skip",
		`{"PARAMS":"x"}`:                                    "A wrong format for 'PARAMS' is passed",
		`{"PARAMS":{"select":"ID"}}`:                        "A wrong format for the PARAMS field 'select' is passed",
		`{"PARAMS":{"order":"ID"}}`:                         "A wrong format for the PARAMS field 'order' is passed",
		`{"PARAMS":{"filter":"ID"}}`:                        "A wrong format for the PARAMS field 'filter' is passed",
		`{"PARAMS":{"filter":{"ID":[[1]]}}}`:                "A wrong format for the PARAMS field 'filter' is passed",
		`{"PARAMS":{"limit":-1}}`:                           "A non-negative integer is expected in the PARAMS field 'limit'",
		`{"PARAMS":{"limit":"many"}}`:                       "A non-negative integer is expected in the PARAMS field 'limit'",
		`{"PARAMS":{"offset":1.5}}`:                         "A non-negative integer is expected in the PARAMS field 'offset'",
		`{"PARAMS":{"select":[""]}}`:                        "A wrong field name is passed in the PARAMS field 'select'",
		`{"PARAMS":{"select":[["ID"]]}}`:                    "A wrong field name is passed in the PARAMS field 'select'",
		`{"PARAMS":{"order":{"I D":"ASC"}}}`:                "A wrong field name is passed in the PARAMS field 'order'",
		`{"PARAMS":{"order":["ID"]}}`:                       "A wrong field name is passed in the PARAMS field 'order'",
		`{"PARAMS":{"filter":{"ID;--":1}}}`:                 "A wrong field name is passed in the PARAMS field 'filter'",
		`{"PARAMS":{"select":["QUEUE"]}}`:                   "An unknown field 'QUEUE' is passed in the PARAMS field 'select'",
		`{"PARAMS":{"select":["CREATOR_ID"]}}`:              "An unknown field 'CREATOR_ID' is passed in the PARAMS field 'select'",
		`{"PARAMS":{"order":{"NOTHING":"ASC"}}}`:            "An unknown field 'NOTHING' is passed in the PARAMS field 'order'",
		`{"PARAMS":{"filter":{">=NOTHING":1}}}`:             "An unknown field 'NOTHING' is passed in the PARAMS field 'filter'",
		`{"PARAMS":{"select":{"a b":"ID"}}}`:                "A wrong field alias is passed in the PARAMS field 'select'",
		`{"PARAMS":{"select":{"ACTIVE":"ID"}}}`:             "The alias 'ACTIVE' matches an existing field in the PARAMS field 'select'",
		`{"PARAMS":{"order":{"ID":"up"}}}`:                  "A wrong sorting direction is passed in the PARAMS field 'order'",
		`{"OPTIONS":{"WITH_QUEUE":"Y"}}`:                    "Unsupported OPTIONS fields are passed: WITH_QUEUE",
		`{"OPTIONS":{"QUEUE":["Y"]}}`:                       "A wrong format for the OPTIONS field 'QUEUE' is passed",
		`{"OPTIONS":{"CONFIG_QUEUE":{"a":1}}}`:              "A wrong format for the OPTIONS field 'CONFIG_QUEUE' is passed",
		`{"OPTIONS":{"CHECK_PERMISSION":"rule the world"}}`: "An unknown value for the OPTIONS field 'CHECK_PERMISSION' is passed",
	} {
		b.want("admin", "imopenlines.config.list.get", params, `400 {"error":"INVALID_FORMAT","error_description":"`+want+`"}`)
	}
}

func TestWhereThePagesAre(t *testing.T) {
	b := open(t)
	b.want("bob", "imopenlines.config.path.get", ``, `200 {"result":{"SERVER_ADDRESS":"https://portal.example","PUBLIC_PATH":"/contact_center/"}`)
	b.want("bob", "imopenlines.revision.get", ``, `200 {"result":{"rest":2,"web":1,"mobile":1}`)
}
