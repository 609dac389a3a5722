package record_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/userfield"
)

func TestStyles(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.addField(t, userfield.Field{Name: "UF_CRM_DAYS", Type: userfield.Date, Multiple: true})
		b.addField(t, userfield.Field{Name: "UF_CRM_OK", Type: userfield.Boolean})
		b.add(t, `{"TITLE":"Say \"hi\"","OPPORTUNITY":"1234.5","BEGINDATE":"2026-07-01","WEIGHT":2.25,"CONTACT_IDS":[4],"TAGS":["b","A"],"EMAIL":[{"VALUE":"a@b.c"}],"UF_CRM_DAYS":["2026-01-31"],"UF_CRM_OK":"Y"}`)
		r := b.reader(t, strict)
		fields, err := r.Select(tree(t, `["*","UF_*"]`))
		if err != nil {
			t.Fatal(err)
		}
		page, err := b.List(t.Context(), record.Query{Fields: fields})
		if err != nil {
			t.Fatal(err)
		}
		for want, style := range map[string]record.Style{
			`{"ID":"1","TITLE":"Say \"hi\"","STAGE_ID":"NEW","OPPORTUNITY":"1234.50","PROBABILITY":null,"WEIGHT":"2.25","IS_MANUAL_OPPORTUNITY":"N","ASSIGNED_BY_ID":null,` +
				`"COMPANY_ID":null,"BEGINDATE":"2026-07-01T00:00:00+02:00","DATE_CREATE":"2026-11-23T13:00:00+01:00","CONTACT_IDS":["4"],"TAGS":["A","b"],"PHONE":[],` +
				`"EMAIL":[{"ID":"1","VALUE_TYPE":"WORK","VALUE":"a@b.c","TYPE_ID":"EMAIL"}],"UF_CRM_DAYS":["2026-01-31T00:00:00+01:00"],"UF_CRM_OK":"1"}`: {Zone: r.Zone},
			`{"id":1,"title":"Say \"hi\"","stageId":"NEW","opportunity":1234.5,"probability":null,"weight":2.25,"isManualOpportunity":"N","assignedById":0,` +
				`"companyId":0,"begindate":"2026-07-01T00:00:00+02:00","dateCreate":"2026-11-23T13:00:00+01:00","contactIds":[4],"tags":["A","b"],"phone":[],` +
				`"email":[{"ID":"1","VALUE_TYPE":"WORK","VALUE":"a@b.c","TYPE_ID":"EMAIL"}],"ufCrmDays":["2026-01-31T00:00:00+01:00"],"ufCrmOk":"Y"}`: {Camel: true, Numbers: true, Zeros: true, Zone: r.Zone},
		} {
			if got := string(style.AppendObject(nil, page.Fields, page.Rows[0])); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		stage, _ := r.View.Describe(record.Style{Camel: true}).Get("stageId")
		want := `{"type":"crm_status","isRequired":false,"isReadOnly":false,"isImmutable":false,"isMultiple":false,"isDynamic":false,"statusType":"DEAL_STAGE","title":"STAGE_ID","upperName":"STAGE_ID"}`
		if got := string(phpform.AppendJSON(nil, stage)); got != want {
			t.Errorf("described as %s", got)
		}
		title, _ := r.View.DescribeShort(record.Style{Camel: true}).Get("title")
		if got := string(phpform.AppendJSON(nil, title)); got != `{"isImmutable":false,"isReadOnly":false,"isRequired":true,"type":"string"}` {
			t.Errorf("described in short as %s", got)
		}
	})
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"12.5": "12.50", "-0.005": "-0.01", "1,2": "1.20", "0.00005": "0.00", "0.00995": "0.01", ".5": "0.50", "900000000000": "900000000000.00", "7": "7.00", "1234.5678": "1234.57",
	} {
		n, ok := record.ReadMoney(text)
		if got := string(record.AppendMoney(nil, n, 2)); !ok || got != want {
			t.Errorf("%s is %s, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "-", ".", "1e5", "1.2.3", "x", "1000000000000", "--1", "Inf"} {
		if n, ok := record.ReadMoney(text); ok {
			t.Errorf("%q is %d", text, n)
		}
	}
}

func TestCamel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ID": "id", "ASSIGNED_BY_ID": "assignedById", "UF_CRM_2_1639669411830": "ufCrm2_1639669411830", "ID_1C": "id1c", "PARENT_ID_1220": "parentId1220", "UF_CRM_TASK": "ufCrmTask", "": "",
	} {
		if got := record.Camel(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
