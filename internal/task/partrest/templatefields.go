package partrest

import (
	"context"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// templateField describes a field of templates.
type templateField struct {
	name, title, kind string
	required          bool
	values            []phpform.Entry
	fallback          *phpform.Value
}

var (
	zero, none = new(phpform.IntOf(0)), new(phpform.NullValue())
	no         = new(phpform.StringOf("N"))
	yesOrNo    = []phpform.Entry{{Key: "Y", Value: phpform.StringOf("Yes")}, {Key: "N", Value: phpform.StringOf("No")}}
)

func unnamed(keys ...string) (out []phpform.Entry) {
	for _, k := range keys {
		out = append(out, phpform.Entry{Key: k})
	}
	return out
}

// allTemplateFields are the fields of templates in the order in which they are told.
var allTemplateFields = []templateField{
	{name: "PARENT_ID", title: "Parent task", kind: "integer", fallback: zero},
	{name: "TITLE", title: "Title", kind: "string", required: true},
	{name: "DESCRIPTION", title: "Description", kind: "string"},
	{name: "PRIORITY", title: "Priority", kind: "enum", values: unnamed("2", "1", "0"), fallback: new(phpform.IntOf(1))},
	{name: "GROUP_ID", title: "Project", kind: "integer", fallback: zero},
	{name: "STAGE_ID", title: "Stage", kind: "integer", fallback: zero},
	{name: "CREATED_BY", title: "Creator", kind: "integer", required: true},
	{name: "RESPONSIBLE_ID", title: "Responsible", kind: "integer", required: true},
	{name: "DEPENDS_ON", title: "Dependency", kind: "integer", required: true},
	{name: "RESPONSIBLES", title: "Responsible people", kind: "array"},
	{name: "ACCOMPLICES", title: "Participants", kind: "array"},
	{name: "AUDITORS", title: "Observers", kind: "array"},
	{name: "STATUS", title: "Status", kind: "enum", values: unnamed("2", "3", "4", "5", "6"), fallback: new(phpform.IntOf(2))},
	{name: "MULTITASK", title: "A task for each", kind: "enum", values: yesOrNo, fallback: no},
	{name: "REPLICATE", title: "Repeats", kind: "enum", values: yesOrNo, fallback: no},
	{name: "SITE_ID", title: "SITE_ID", kind: "string"},
	{name: "TASK_CONTROL", title: "The creator accepts the work", kind: "enum", values: yesOrNo, fallback: no},
	{name: "ADD_IN_REPORT", title: "In the report", kind: "enum", values: yesOrNo, fallback: no},
	{name: "XML_ID", title: "XML_ID", kind: "string", fallback: none},
	{name: "DEADLINE_AFTER", title: "Deadline after", kind: "datetime", fallback: none},
	{name: "START_DATE_PLAN_AFTER", title: "Planned start after", kind: "datetime", fallback: none},
	{name: "END_DATE_PLAN_AFTER", title: "Planned end after", kind: "datetime", fallback: none},
	{
		name: "TPARAM_TYPE", title: "For new users", kind: "enum",
		values: []phpform.Entry{{Key: "1", Value: phpform.StringOf("Yes")}, {Key: "0", Value: phpform.StringOf("No")}}, fallback: zero,
	},
	{name: "TPARAM_REPLICATION_COUNT", title: "Tasks made", kind: "integer", fallback: zero},
	{name: "REPLICATE_PARAMS", title: "How it repeats", kind: "string"},
	{name: "BASE_TEMPLATE_ID", title: "Parent template", kind: "integer", fallback: none},
	{name: "TEMPLATE_CHILDREN_COUNT", title: "Templates below", kind: "integer", fallback: none},
	{name: "UF_CRM_TASK", title: "Records of the CRM", kind: "crm"},
	{name: "UF_TASK_WEBDAV_FILES", title: "Files", kind: "disk_file"},
}

// templateFields answers tasks.template.fields.
func templateFields(context.Context, *rest.Call, rest.None) (phpform.Value, error) {
	var all, id object
	all.set("ID", id.str("title", "ID").str("type", "integer").set("primary", phpform.BoolOf(true)).value())
	for _, f := range allTemplateFields {
		var o object
		o.str("title", f.title).str("type", f.kind)
		if f.values != nil {
			o.set("values", phpform.ArrayOf(f.values...))
		}
		if f.required {
			o.set("required", phpform.BoolOf(true))
		}
		if f.fallback != nil {
			o.set("default", *f.fallback)
		}
		all.set(f.name, o.value())
	}
	return all.value(), nil
}
