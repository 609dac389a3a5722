package taskrest_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
)

// noon is in Berlin, where user 2 lives, one o'clock in the afternoon.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const form, jsonType = "application/x-www-form-urlencoded", "application/json"

type answer struct {
	Result []map[string]any
	Total  int64
	Next   int64
	Error  string
	Text   string `json:"error_description"`
}

// TestReportBot sends what the tutorial's bot sends, byte for byte: empty arrays have vanished.
func TestReportBot(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		berlin, _ := time.LoadLocation("Europe/Berlin")
		b.add(task.Task{Title: "last minute", Deadline: time.Date(2026, 11, 22, 23, 59, 59, 0, berlin)})
		b.add(task.Task{Title: "this midnight", Deadline: time.Date(2026, 11, 23, 0, 0, 0, 0, berlin)})
		b.add(task.Task{Title: "no deadline"})
		b.add(task.Task{Title: "long ago", Deadline: time.Date(2026, 11, 1, 9, 0, 0, 0, berlin)})
		b.add(task.Task{Title: "another's", ResponsibleID: 3, Deadline: time.Date(2026, 11, 1, 9, 0, 0, 0, berlin)})
		const body = "ORDER%5BDEADLINE%5D=desc&FILTER%5BRESPONSIBLE_ID%5D=2&FILTER%5B%3CDEADLINE%5D=2026-11-23&auth=2"
		status, text := b.send(form, body)
		a := b.decode(status, text)
		if a.titles() != "last minute long ago" || a.Total != 2 || a.Next != 0 {
			t.Errorf("answer %s", text)
		}
		for k, want := range map[string]any{
			"ID": "1", "RESPONSIBLE_ID": "2", "CREATED_BY": "1", "STATUS": "-1", "REAL_STATUS": "2", "PRIORITY": "0", "GROUP_ID": "0",
			"PARENT_ID": nil, "MARK": nil, "CLOSED_DATE": nil, "CLOSED_BY": "0", "DEADLINE": "2026-11-22T23:59:59+01:00",
			"CREATED_DATE": "2026-11-23T13:00:00+01:00", "TIME_ESTIMATE": "0", "ADD_IN_REPORT": "N", "NOT_VIEWED": "Y", "SITE_ID": "s1",
		} {
			if got, ok := a.Result[0][k]; !ok || got != want {
				t.Errorf("%s is %v, want %v", k, got, want)
			}
		}
		status, text = b.send(form, strings.Replace(body, "RESPONSIBLE_ID%5D=2", "RESPONSIBLE_ID%5D=7", 1))
		if status != 200 || !strings.HasPrefix(text, `{"result":[],"total":0,"time":{`) {
			t.Errorf("no tasks: %d %s", status, text)
		}
	})
}

func TestExactRow(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "before"})
		b.add(task.Task{
			Title: `Say "hi" </b>`, Mark: "N", Priority: task.High, Accomplices: []int64{4, 3}, Auditors: []int64{5}, Tags: []string{"b", "a"},
			DependsOn: []int64{1}, ParentID: 1, TimeEstimate: time.Hour, Status: task.Completed, Closed: noon.Add(-time.Hour),
		})
		_, text := b.send(form, "auth=2&ORDER[]=&FILTER[ID]=2&SELECT[]=AUDITORS&SELECT[]=ACCOMPLICES&SELECT[]=tags&SELECT[]=TITLE&SELECT[]=ID"+
			"&SELECT[]=DEPENDS_ON&SELECT[]=MARK&SELECT[]=CLOSED_DATE&SELECT[]=CLOSED_BY&SELECT[]=SUBORDINATE&SELECT[]=PARENT_ID&SELECT[]=TIME_ESTIMATE")
		want := `{"result":[{"ID":"2","PARENT_ID":"1","TITLE":"Say \"hi\" </b>","MARK":"N","CLOSED_BY":"2","CLOSED_DATE":"2026-11-23T12:00:00+01:00",` +
			`"TIME_ESTIMATE":"3600","SUBORDINATE":"Y","ACCOMPLICES":["3","4"],"AUDITORS":["5"],"TAGS":["a","b"],"DEPENDS_ON":["1"]}],"total":1,"time":`
		if !strings.HasPrefix(text, want) {
			t.Errorf("got  %s\nwant %s", text, want)
		}
		a := b.call(1, `{"order": {"ID": "asc"}, "select": ["*"], "params": []}`)
		for _, k := range []string{"ACCOMPLICES", "AUDITORS", "TAGS", "DEPENDS_ON"} {
			if got := a.Result[0][k]; !reflect.DeepEqual(got, []any{}) {
				t.Errorf("%s is %v, want an empty list", k, got)
			}
		}
		if a.Result[0]["MULTITASK"] != "Y" || a.Result[1]["MULTITASK"] != "N" || len(a.Result[0]) < 50 {
			t.Errorf("all fields: %v", a.Result[0])
		}
	})
}

func TestParametersByNameAndPosition(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		for _, title := range []string{"a", "b", "c", "d", "e", "f", "g"} {
			b.add(task.Task{Title: title, ResponsibleID: 1})
		}
		const filter, nav = `{"ID": [1,2,3,4,5,6]}`, `{"NAV_PARAMS": {"nPageSize": 2, "iNumPage": 2}}`
		for _, body := range []string{
			`{"order":{"ID":"desc"},"filter":` + filter + `,"params":` + nav + `}`,
			`{"ORDER":{"id":"DESC"},"Filter":` + filter + `,"PARAMS":{"nav_params":{"NPAGESIZE":"2","INUMPAGE":"2"}}}`,
			`{"0":{"ID":"desc"},"1":` + filter + `,"2":` + nav + `}`,
		} {
			if a := b.call(1, body); a.titles() != "d c" || a.Total != 6 || a.Next != 4 {
				t.Errorf("%s: %q of %d, next %d, %s", body, a.titles(), a.Total, a.Next, a.Text)
			}
		}
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/rest/task.item.list?auth=1",
			strings.NewReader(`[{"ID":"desc"},`+filter+`,`+nav+`,["ID"]]`))
		r.Header.Set("Content-Type", jsonType)
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		if !strings.HasPrefix(w.Body.String(), `{"result":[{"ID":"4"},{"ID":"3"}],"next":4,"total":6,`) {
			t.Errorf("a list of parameters: %s", w.Body)
		}
		if a := b.call(1, `{"filter":{"ID":1}, }`); a.Total != 7 || a.titles() != "g f e d c b a" {
			t.Errorf("without a sorting: %q of %d", a.titles(), a.Total)
		}
		if a := b.call(1, `{"start":4,"order":{"TITLE":"asc"}}`); a.titles() != "e f g" || a.Next != 0 {
			t.Errorf("start=4: %q", a.titles())
		}
		if a := b.call(1, `{"order":[],"params":{"NAV_PARAMS":{"nPageSize":500,"iNumPage":9}}}`); a.Total != 7 || len(a.Result) != 0 {
			t.Errorf("a page that is not there: %v", a)
		}
	})
}

func TestFilterLanguage(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		at := func(day int) time.Time { return time.Date(2026, 11, day, 9, 0, 0, 0, time.UTC) }
		b.add(task.Task{Title: "Alpha 50%", Priority: 1, Deadline: at(1), Mark: "P", Tags: []string{"Red", "blue"}, Accomplices: []int64{3}, GroupID: 4})
		b.add(task.Task{Title: "Beta", Priority: 2, Deadline: at(20), Auditors: []int64{4}, Tags: []string{"green"}, ParentID: 1, DependsOn: []int64{1}})
		b.add(task.Task{Title: "Gamma_x", Priority: 0, Mark: "N", AddInReport: true, Status: task.Completed, Closed: at(21), Deadline: at(2)})
		b.add(task.Task{Title: "Äpfel", Priority: 1, Deadline: at(25), Status: task.InProgress, Started: at(3), CreatedBy: 6})
		const all = "Alpha 50% Beta Gamma_x Äpfel"
		for filter, want := range map[string]string{
			`{}`: all, `[]`: all, `[""]`: all, `null`: all,
			`{"ID":2}`: "Beta", `{"ID":"2"}`: "Beta", `{"=ID":2}`: "Beta", `{"ID":[1,"3"]}`: "Alpha 50% Gamma_x", `{"@ID":[1,3]}`: "Alpha 50% Gamma_x",
			`{"!ID":2}`: "Alpha 50% Gamma_x Äpfel", `{"!@ID":[1,2]}`: "Gamma_x Äpfel", `{"!=ID":[4]}`: "Alpha 50% Beta Gamma_x", `{"ID":[]}`: "",
			`{"<ID":2}`: "Alpha 50%", `{"<=ID":2}`: "Alpha 50% Beta", `{">ID":3}`: "Äpfel", `{">=ID":3}`: "Gamma_x Äpfel",
			`{"><ID":[2,3]}`: "Beta Gamma_x", `{"!><ID":[2,3]}`: "Alpha 50% Äpfel", `{">ID":[3,1]}`: "Beta Gamma_x Äpfel",
			`{"TITLE":"beta"}`: "Beta", `{"TITLE":"%a"}`: "Beta", `{"TITLE":"_eta"}`: "Beta", `{"=TITLE":"_eta"}`: "", `{"!TITLE":"%a%"}`: "Äpfel",
			`{"%TITLE":"A"}`: "Alpha 50% Beta Gamma_x", `{"%TITLE":"%"}`: "Alpha 50%", `{"%TITLE":"_"}`: "Gamma_x", `{"%TITLE":"ÄPF"}`: "Äpfel",
			`{"!%TITLE":"a"}`: "Äpfel", `{"?TITLE":"pfel"}`: "Äpfel", `{"%TITLE":"\\"}`: "", `{"TITLE":"\\"}`: "",
			`{"PRIORITY":1}`: "Alpha 50% Äpfel", `{"MARK":"P"}`: "Alpha 50%", `{"MARK":""}`: "Beta Äpfel", `{"!MARK":"P"}`: "Beta Gamma_x Äpfel",
			`{"<DEADLINE":"2026-11-20"}`: "Alpha 50% Gamma_x", `{"<=DEADLINE":"2026-11-20T09:00:00+00:00"}`: "Alpha 50% Beta Gamma_x",
			`{"DEADLINE":"20.11.2026 09:00:00"}`: "Beta", `{">DEADLINE":"2026-11-20 09:00:00"}`: "Äpfel", `{"DEADLINE":""}`: "", `{"!DEADLINE":false}`: all,
			`{"CLOSED_DATE":""}`: "Alpha 50% Beta Äpfel", `{"<CLOSED_DATE":"2027-01-01"}`: "Gamma_x", `{"!CLOSED_DATE":null}`: "Gamma_x",
			`{"><DEADLINE":["2026-11-02","2026-11-21"]}`: "Beta Gamma_x", `{"STATUS":-1}`: "Alpha 50% Beta", `{"STATUS":[-1,5]}`: "Alpha 50% Beta Gamma_x",
			`{"REAL_STATUS":2}`: "Alpha 50% Beta", `{"!REAL_STATUS":5,"PRIORITY":[0,1]}`: "Alpha 50% Äpfel", `{"DATE_START":"2026-11-03T10:00+01:00"}`: "Äpfel",
			`{"TAG":"RED"}`: "Alpha 50%", `{"TAG":["green","blue"]}`: "Alpha 50% Beta", `{"!TAG":"red"}`: "Beta Gamma_x Äpfel", `{"%TAG":"re"}`: "Alpha 50% Beta",
			`{"ACCOMPLICE":3}`: "Alpha 50%", `{"AUDITOR":[4,5]}`: "Beta", `{"!AUDITOR":4}`: "Alpha 50% Gamma_x Äpfel", `{"DEPENDS_ON":1}`: "Beta",
			`{"ADD_IN_REPORT":"Y"}`: "Gamma_x", `{"ADD_IN_REPORT":"N","GROUP_ID":0}`: "Beta Äpfel", `{"ONLY_ROOT_TASKS":"Y"}`: "Alpha 50% Gamma_x Äpfel",
			`{"ONLY_ROOT_TASKS":"N"}`: all, `{"PARENT_ID":1}`: "Beta", `{"PARENT_ID":""}`: "Alpha 50% Gamma_x Äpfel", `{"CREATED_BY":6}`: "Äpfel",
			`{"SITE_ID":"s1","responsible_id":2}`: all, `{"FORUM_TOPIC_ID":0}`: all, `{"STATUS_CHANGED_BY":6}`: "Äpfel",
			`{"CREATED_DATE":"2026-11-23T12:00:00Z"}`: all, `{">CHANGED_DATE":"2026-11-23T12:00:00Z"}`: "",
		} {
			if a := b.call(1, `{"order":{"ID":"asc"},"filter":`+filter+`}`); a.titles() != want || a.Total != int64(len(a.Result)) {
				t.Errorf("%s: %q, want %q (%s)", filter, a.titles(), want, a.Text)
			}
		}
	})
}

func TestOrder(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "b", Deadline: noon.Add(time.Hour), Priority: 1})
		b.add(task.Task{Title: "A", Priority: 2})
		b.add(task.Task{Title: "c", Deadline: noon.Add(2 * time.Hour), Mark: "N", Priority: 1})
		for order, want := range map[string]string{
			`{}`: "c A b", `{"DEADLINE":"asc"}`: "b c A", `{"DEADLINE":"desc"}`: "c b A", `{"DEADLINE":"nulls,asc"}`: "A b c",
			`{"DEADLINE":"nulls,desc"}`: "A c b", `{"DEADLINE":"desc,nulls"}`: "c b A", `{"TITLE":"ASC"}`: "A b c", `{"PRIORITY":"desc"}`: "A c b",
			`{"PRIORITY":"asc","TITLE":"asc"}`: "b c A", `{"MARK":"asc"}`: "c A b", `{"STATUS":"asc","ID":"asc","TITLE":"desc"}`: "b A c",
			`{"RESPONSIBLE_ID":"asc","DATE_START":"desc","GROUP_ID":"","CREATED_BY":"asc"}`: "c A b",
		} {
			if a := b.call(2, `{"order":`+order+`}`); a.titles() != want {
				t.Errorf("%s: %q, want %q (%s)", order, a.titles(), want, a.Text)
			}
		}
	})
}

// TestOrdersOfTheNewerList sorts and filters by what its page names beside the fields of a task.
func TestOrdersOfTheNewerList(t *testing.T) {
	t.Parallel()
	schemas := []db.Schema{user.Schema(), record.Schema(), userfield.Schema(), task.Schema(), result.Schema()}
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		people := user.New(d, clock.NewManual(noon))
		for _, name := range []string{"Mill", "adams", "Zorn"} { // users 1, 2 and 3
			if _, err := people.Create(t.Context(), user.NewUser{FirstName: "X", LastName: name, Email: name + "@example.com"}); err != nil {
				t.Fatal(err)
			}
		}
		b := newBench(t, d)
		for _, responsible := range []int64{3, 1, 2} {
			b.add(task.Task{Title: "t", ResponsibleID: responsible})
		}
		const one, two, three = `{"id":"1","group":[]}`, `{"id":"2","group":[]}`, `{"id":"3","group":[]}`
		list := func(more, want string) exchange {
			return exchange{1, "tasks.task.list", `{"select":["ID"],` + more + `}`, `{"tasks":[` + want + `]} total ` + strconv.Itoa(strings.Count(want, "id"))}
		}
		b.exchanges([]exchange{
			list(`"order":{"RESPONSIBLE_LAST_NAME":"asc"}`, three+","+two+","+one), // adams, Mill, Zorn
			list(`"order":{"RESPONSIBLE_LAST_NAME":"desc"}`, one+","+two+","+three),
			list(`"filter":{">ID":0},"order":{"RESPONSIBLE_LAST_NAME":"asc"}`, three+","+two+","+one),
			list(`"filter":{">ID":1},"order":{"responsibleLastName":"desc","CREATED_BY_LAST_NAME":"asc"}`, two+","+three),
			{3, "tasks.task.list", `{"select":["ID"],"order":{"RESPONSIBLE_LAST_NAME":"asc"}}`, `{"tasks":[` + one + `]} total 1`},
			list(`"order":{"CREATED_BY_LAST_NAME":"desc","ID":"asc"}`, one+","+two+","+three),
			list(`"order":{"SORTING":"asc","ID":"asc"}`, one+","+two+","+three),
			list(`"order":{"IS_PINNED_IN_GROUP":"desc","IS_PINNED":"desc"}`, three+","+two+","+one),
			list(`"filter":{"SPRINT_ID":5}`, ""),
			list(`"filter":{"!BACKLOG_ID":5}`, three+","+two+","+one),
			{
				1, "tasks.task.get", `{"taskId":1,"select":["SPRINT_ID","BACKLOG_ID","SORTING","IS_PINNED_IN_GROUP"]}`,
				`{"task":{"sprintId":null,"backlogId":null,"sorting":null,"isPinnedInGroup":"N","favorite":"N","group":[],…`,
			},
		})
	})
}

func TestStatusDependsOnWhoLooksAndWhen(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		x := b.add(task.Task{Title: "x", Auditors: []int64{3}})
		status := func(who int64) any { return b.call(who, `{"order":[],"filter":{"ID":1}}`).Result[0]["STATUS"] }
		if got := []any{status(1), status(2), status(3)}; !reflect.DeepEqual(got, []any{"2", "-2", "-2"}) {
			t.Errorf("new: %v", got)
		}
		if err := b.tasks.See(t.Context(), user.Ref{ID: 2}, x.ID); err != nil {
			t.Fatal(err)
		}
		if got := []any{status(1), status(2), status(3)}; !reflect.DeepEqual(got, []any{"2", "2", "-2"}) {
			t.Errorf("seen by 2: %v", got)
		}
		if a := b.call(3, `{"order":{"STATUS":"asc"},"filter":{"STATUS":-2},"select":["NOT_VIEWED","VIEWED_DATE","FAVORITE"]}`); a.Total != 1 || a.Result[0]["NOT_VIEWED"] != "Y" || a.Result[0]["VIEWED_DATE"] != nil {
			t.Errorf("unread of 3: %+v", a)
		}
	})
}

func TestSubtaskOfAHiddenParentIsARoot(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "hidden", ResponsibleID: 3})
		b.add(task.Task{Title: "child", ParentID: 1})
		b.add(task.Task{Title: "grandchild", ParentID: 2})
		if a := b.call(2, `{"order":[],"filter":{"ONLY_ROOT_TASKS":"Y"}}`); a.titles() != "child" {
			t.Errorf("roots of 2: %q", a.titles())
		}
		if a := b.call(1, `{"order":[],"filter":{"ONLY_ROOT_TASKS":"Y"}}`); a.titles() != "hidden" {
			t.Errorf("roots of the administrator: %q", a.titles())
		}
	})
}

func TestBadParameters(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "x"})
		wrong := func(param, what string) string {
			return "TASKS_ERROR_EXCEPTION_#256; Param #" + param + " for method ctaskitem::list() " + what + "; 256/TE/WRONG_ARGUMENTS<br>"
		}
		many := `{"order":[],"filter":{"ID":[` + strings.Repeat("1,", 1000) + `1]}}`
		var conditions []string
		for i := range 1000 {
			conditions = append(conditions, fmt.Sprintf(`"k%d":1`, i))
		}
		for body, want := range map[string]string{
			`{"order":[],"filter":{"FOO":1}}`:                                      wrong("1 (arFilter)", `must not contain key "FOO".`),
			`{"filter":{"FOO":1}}`:                                                 wrong("1 (arFilter)", `must not contain key "FOO".`),
			`{"order":[],"filter":{"!!ID":1}}`:                                     wrong("1 (arFilter)", `must not contain key "!!ID".`),
			`{"order":[],"filter":{"":1}}`:                                         wrong("1 (arFilter)", `must not contain key "".`),
			`{"order":[],"filter":{"DESCRIPTION":"a"}}`:                            wrong("1 (arFilter)", `must not contain key "DESCRIPTION".`),
			`{"order":[],"filter":{"%ID":1}}`:                                      wrong("1 (arFilter)", `must not contain key "%ID".`),
			`{"order":[],"filter":{"ID) OR (1=1":1}}`:                              wrong("1 (arFilter)", `must not contain key "ID) OR (1=1".`),
			`{"order":[],"filter":{"ID":"1 OR 1=1"}}`:                              wrong("1 (arFilter)", `expected to be of type "integer", but given something else.`),
			`{"order":[],"filter":{"ID":[[1]]}}`:                                   wrong("1 (arFilter)", `expected to be of type "integer", but given something else.`),
			`{"order":[],"filter":{"ID":{"a":{"b":1}}}}`:                           wrong("1 (arFilter)", `expected to be of type "integer", but given something else.`),
			`{"order":[],"filter":{"ID":99999999999999999999}}`:                    wrong("1 (arFilter)", `expected to be of type "integer", but given something else.`),
			`{"order":[],"filter":{"<DEADLINE":"soon"}}`:                           wrong("1 (arFilter)", `expected to be of type "datetime", but given something else.`),
			`{"order":[],"filter":{"<DEADLINE":"2026-02-30"}}`:                     wrong("1 (arFilter)", `expected to be of type "datetime", but given something else.`),
			`{"order":[],"filter":{"><ID":[1]}}`:                                   wrong("1 (arFilter)", `expects two values for key "><ID".`),
			`{"order":[],"filter":{"ADD_IN_REPORT":"maybe"}}`:                      wrong("1 (arFilter)", `expected to be of type "boolean", but given something else.`),
			`{"order":[],"filter":"ID=1"}`:                                         wrong("1 (arFilter)", `expected to be of type "array", but given something else.`),
			`{"order":"DEADLINE"}`:                                                 wrong("0 (arOrder)", `expected to be of type "array", but given something else.`),
			`{"order":{"DESCRIPTION":"asc"}}`:                                      wrong("0 (arOrder)", `must not contain key "DESCRIPTION".`),
			`{"order":{"ID":"up"}}`:                                                wrong("0 (arOrder)", `must not contain value "up".`),
			`{"order":{"ID":["asc"]}}`:                                             wrong("0 (arOrder)", `expected to be of type "string", but given something else.`),
			`{"params":{"NAV_PARAMS":{"nPageSize":"x"}}}`:                          wrong("2 (arParams)", `expected to be of type "integer", but given something else.`),
			`{"params":{"NAV_PARAMS":{"iNumPage":-1}}}`:                            wrong("2 (arParams)", `expected to be of type "integer", but given something else.`),
			`{"params":{"NAV_PARAMS":"x"}}`:                                        wrong("2 (arParams)", `expected to be of type "array", but given something else.`),
			`{"params":{"FOO":"x"}}`:                                               wrong("2 (arParams)", `must not contain key "FOO".`),
			`{"select":["PASSWORD"]}`:                                              wrong("3 (arSelect)", `must not contain value "PASSWORD".`),
			`{"select":[["ID"]]}`:                                                  wrong("3 (arSelect)", `expected to be of type "string", but given something else.`),
			many:                                                                   "FILTER holds more than 1000 values",
			`{"order":[],"filter":{` + strings.Join(conditions, ",") + `}}`:        "FILTER holds 1000 conditions, at most 100 are allowed",
			`{"order":[],"filter":{"%TITLE":"` + strings.Repeat("%", 1001) + `"}}`: "A value of FILTER is longer than 1000 bytes",
			`{"order":{` + strings.Join(conditions, ",") + `}}`:                    "ORDER holds 1000 fields, at most 100 are allowed",
		} {
			if a := b.call(2, body); a.Error != "ERROR_CORE" || a.Text != want {
				t.Errorf("%.80s: %s %q, want %q", body, a.Error, a.Text, want)
			}
		}
		if a := b.call(2, `{"order":[],"filter":{"TITLE":"`+strings.Repeat("%_", 500)+`"},"params":{"NAV_PARAMS":{"iNumPage":9223372036854775807}},"start":9223372036854775807}`); a.Error != "" || a.Total != 0 {
			t.Errorf("a heavy pattern: %+v", a)
		}
	})
}

// FuzzFilter sends whatever comes to mind as a filter and a sorting: the answer is tasks or a fault, never an internal error.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		"FILTER[<DEADLINE]=2026-11-23&ORDER[DEADLINE]=desc", "FILTER[!><ID][]=1&FILTER[!><ID][]=2&ORDER[]=", "FILTER[%TITLE]=%25\\_'\"",
		"FILTER[!TAG][]=a&FILTER[TAG]=b&ORDER[TITLE]=nulls,asc", "0[ID]=asc&1[STATUS]=-1&2[NAV_PARAMS][iNumPage]=2&3[]=*",
		"ORDER[STATUS]=asc&FILTER[STATUS][]=-1&FILTER[ONLY_ROOT_TASKS]=Y&SELECT[]=TAGS", "FILTER[?TITLE]=:now?&ORDER[FAVORITE]=desc",
		"ORDER[MARK]=desc&FILTER[DEADLINE]=0001-01-01T00:00:00Z", "ORDER[ID]=asc&FILTER[<CREATED_DATE]=9999-12-31&start=-1",
	} {
		f.Add(seed)
	}
	b := newBench(f, dbtest.SQLite(f, record.Schema(), userfield.Schema(), task.Schema(), result.Schema()))
	b.add(task.Task{Title: "x", Tags: []string{"a"}, Deadline: noon})
	f.Fuzz(func(t *testing.T, body string) {
		body += "&auth=2"
		if _, err := url.ParseQuery(body); err != nil {
			t.Skip()
		}
		one := *b
		one.t = t
		if status, text := one.send(form, body); status >= 500 {
			t.Errorf("%s: %d %s", body, status, text)
		}
	})
}
