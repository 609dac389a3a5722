package partrest_test

import (
	"strings"
	"testing"
)

func TestTemplates(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.want(anna, "tasks.template.add", `{"fields":{"TITLE":"Weekly status","DESCRIPTION":"with the team","PRIORITY":2,"CREATED_BY":1,"RESPONSIBLE_ID":2,
			"AUDITORS":[4],"REPLICATE":"Y","START_DATE_PLAN_AFTER":"32400","REPLICATE_PARAMS":{"PERIOD":"weekly","EVERY_WEEK":1,"WEEK_DAYS":[2],"TIME":"11:00",
			"REPEAT_TILL":"endless","START_DATE":"11/23/2026 00:00:00"},"UF_CRM_TASK":["L_1179"]}}`, `1`)
		got := b.call(ben, "tasks.template.get", `{"templateId":1}`)
		for _, part := range []string{
			`{"ID":"1","TITLE":"Weekly status","DESCRIPTION":"with the team","DESCRIPTION_IN_BBCODE":"Y","PRIORITY":"2","STATUS":"1","STAGE_ID":"0","RESPONSIBLE_ID":"2",`,
			`"DEADLINE_AFTER":null,"START_DATE_PLAN_AFTER":"32400","END_DATE_PLAN_AFTER":null,"REPLICATE":"Y","CREATED_BY":"1","XML_ID":null,`,
			`"ACCOMPLICES":"a:0:{}","AUDITORS":"a:1:{i:0;s:1:\"4\";}","RESPONSIBLES":"a:1:{i:0;s:1:\"2\";}","FILES":null,"TAGS":null,"DEPENDS_ON":null,`,
			`"REPLICATE_PARAMS":"a:13:{s:6:\"PERIOD\";s:6:\"weekly\";s:12:\"WORKDAY_ONLY\";s:1:\"N\";s:9:\"WEEK_DAYS\";a:1:{i:0;i:2;}s:4:\"TIME\";s:5:\"11:00\";`,
			`s:19:\"NEXT_EXECUTION_TIME\";s:19:\"24.11.2026 12:00:00\";}"`, // anna's zone is UTC, ben's Berlin
			`"BASE_TEMPLATE_ID":"0","TEMPLATE_CHILDREN_COUNT":"0","CREATED_BY_NAME":"Anna","CREATED_BY_LAST_NAME":"Albers",`,
			`"RESPONSIBLE_NAME":"Ben",`, `"SCENARIO":"default","UF_CRM_TASK":["L_1179"],"UF_TASK_WEBDAV_FILES":false}`,
		} {
			if !strings.Contains(got, part) {
				t.Errorf("%s\nlacks %s", got, part)
			}
		}
		b.want(anna, "tasks.template.update", `{"templateId":1,"fields":{"TITLE":"Status","PRIORITY":1,"TASK_CONTROL":"Y","DEADLINE_AFTER":3600}}`, `true`)
		b.want(anna, "tasks.template.get", `{"templateId":1,"params":{"select":["ID","TITLE","TASK_CONTROL","DEADLINE_AFTER"]}}`,
			`{"ID":"1","TITLE":"Status","DEADLINE_AFTER":"3600","TASK_CONTROL":"Y"}`)
		b.want(ben, "tasks.template.update", `{"templateId":1,"fields":{"TITLE":"Mine"}}`, `false`)
		b.want(eve, "tasks.template.get", `{"templateId":1}`, `false`)
		b.want(anna, "tasks.template.get", `{"templateId":""}`, `false`)
		b.want(ben, "tasks.template.delete", `{"templateId":1}`, `false`)
		b.call(anna, "tasks.template.get", `{"templateId":1}`)
		b.want(anna, "tasks.template.delete", `{"templateId":1}`, `false`)
		b.want(anna, "tasks.template.get", `{"templateId":1}`, `false`)
		if got := b.call(eve, "tasks.template.fields", `{}`); !strings.Contains(got, `"PRIORITY":{"title":"Priority","type":"enum","values":{"2":null,"1":null,"0":null},"default":1}`) {
			t.Errorf("%s", got)
		}
	})
}

func TestTemplateFaults(t *testing.T) {
	run(t, func(_ *testing.T, b *bench) {
		b.want(anna, "tasks.template.add", `{"fields":{"TITLE":"x","CREATED_BY":1}}`, `0`)
		b.refused(anna, "tasks.template.add", `{}`, "100", "Could not find value for parameter {fields}")
		b.refused(anna, "tasks.template.add", `{"fields":{"TITLE":"x","CREATED_BY":2,"RESPONSIBLE_ID":2}}`, "0", "Access denied")
		b.refused(anna, "tasks.template.add", `{"fields":{"TITLE":"x","CREATED_BY":1,"RESPONSIBLE_ID":2,"COLOR":"red"}}`, "0", "Field COLOR of a template cannot be filled")
		b.refused(anna, "tasks.template.add", `{"fields":{"TITLE":"x","CREATED_BY":1,"RESPONSIBLE_ID":2,"REPLICATE_PARAMS":{"TIME":"25:00"}}}`, "0",
			"Field REPLICATE_PARAMS of a template has a wrong value")
		for _, method := range []string{"update", "delete", "get"} {
			b.refused(anna, "tasks.template."+method, `{}`, "100", "Could not find value for parameter {templateId}")
		}
		b.refused(anna, "tasks.template.update", `{"templateId":"x","fields":{"TITLE":"x"}}`, "100",
			"Invalid value {x} to match with parameter {templateId}. Should be value of type int.")
		b.refused(anna, "tasks.template.update", `{"templateId":1}`, "100", "Could not find value for parameter {fields}")
	})
}

func TestChecklistsOfTemplates(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.call(anna, "tasks.template.add", `{"fields":{"TITLE":"Status","CREATED_BY":1,"RESPONSIBLE_ID":2}}`)
		const m = "tasks.template.checklist."
		item := func(id, parent, title, sort, complete, important, members, as string) string {
			return `{"checkListItem":{"id":` + id + `,"copiedId":null,"userId":` + as + `,"createdBy":1,"parentId":` + parent + `,"title":"` + title + `","sortIndex":` + sort +
				`,"displaySortIndex":"","isComplete":` + complete + `,"isImportant":` + important + `,"completedCount":0,"members":` + members +
				`,"attachments":[],"nodeId":null,"templateId":1}}`
		}
		b.want(anna, m+"add", `{"templateId":1,"fields":{"TITLE":"Steps","PARENT_ID":0}}`, item("1", "0", "Steps", "0", "false", "false", "[]", "1"))
		b.want(anna, m+"add", `{"templateId":1,"fields":{"TITLE":"Collect","PARENT_ID":1,"SORT_INDEX":200,"IS_IMPORTANT":"Y","MEMBERS":{"3":{"TYPE":"A"}}}}`,
			item("2", "1", "Collect", "200", "false", "true", `[{"type":"A","id":3}]`, "1"))
		cleo := `[{"id":"3","type":"A","name":"Cleo","personalPhoto":null,"personalGender":"","image":"","isCollaber":false}]`
		b.want(ben, m+"get", `{"templateId":1,"checkListItemId":2}`, item("2", "1", "Collect", "200", "false", "true", cleo, "2"))
		for _, method := range []string{"get", "complete", "renew", "delete", "moveAfter", "update"} {
			b.refused(anna, m+method, `{"templateId":1,"afterItemId":3,"fields":{"TITLE":"x"}}`, "100",
				`Bitrix\Tasks\CheckList\Internals\CheckList All parameters in the constructor must have real class type`)
		}
		b.refused(anna, m+"complete", `{"templateId":1,"checkListItemId":"x"}`, "0", "Invalid value [] for field [ENTITY_ID] in item [, ]")
		b.want(anna, m+"complete", `{"templateId":1,"checkListItemId":2}`, item("2", "1", "Collect", "200", "true", "true", cleo, "1"))
		b.want(anna, m+"renew", `{"templateId":1,"checkListItemId":2}`, item("2", "1", "Collect", "200", "false", "true", cleo, "1"))
		b.call(anna, m+"add", `{"templateId":1,"fields":{"TITLE":"Send","PARENT_ID":1}}`)
		b.want(anna, m+"moveBefore", `{"templateId":1,"checkListItemId":3,"beforeItemId":2}`, item("3", "1", "Send", "0", "false", "false", "[]", "1"))
		b.want(anna, m+"moveAfter", `{"templateId":1,"checkListItemId":3,"afterItemId":2}`, item("3", "1", "Send", "1", "false", "false", "[]", "1"))
		b.want(anna, m+"update", `{"templateId":1,"checkListItemId":3,"fields":{"TITLE":"Send it"}}`, item("3", "1", "Send it", "1", "false", "false", "[]", "1"))
		b.want(ben, m+"list", `{"templateId":1,"filter":{"IS_COMPLETE":"N","PARENT_ID":1,"TEMPLATE_ID":9},"select":["ID","TITLE","PARENT_ID"],"order":{"SORT_INDEX":"asc"}}`,
			`{"checkListItems":{"2":{"id":"2","parentId":"1","title":"Collect"},"3":{"id":"3","parentId":"1","title":"Send it"}}}`)
		b.want(anna, m+"delete", `{"templateId":1,"checkListItemId":3}`, `true`)
		b.want(anna, m+"get", `{"templateId":1,"checkListItemId":3}`, strings.NewReplacer(`"createdBy":1`, `"createdBy":null`, `"id":0`, `"id":null`, `"templateId":1`, `"templateId":null`).
			Replace(item("0", "0", "", "0", "false", "false", "[]", "1")))
		b.refused(anna, m+"add", `{"templateId":1}`, "100", "Could not find value for parameter {fields}")
		b.refused(anna, m+"add", `{"fields":{"TITLE":"x"}}`, "100", "Could not find value for parameter {templateId}")
		b.refused(anna, m+"add", `{"templateId":1,"fields":{"TITLE":"x"}}`, "0", "Invalid value [] for field [PARENT_ID] in element [, x]")
		b.refused(anna, m+"add", `{"templateId":1,"fields":{"PARENT_ID":1}}`, "0", "Item name is not specified")
		b.refused(ben, m+"add", `{"templateId":1,"fields":{"TITLE":"x","PARENT_ID":1}}`, "0", "Adding item: action not available")
		b.refused(ben, m+"update", `{"templateId":1,"checkListItemId":2,"fields":{"TITLE":"x"}}`, "0", "Updating item: action not available")
		b.refused(anna, m+"update", `{"templateId":1,"checkListItemId":9,"fields":{"TITLE":"x"}}`, "0", "Invalid value [] for field [ENTITY_ID] in item [, x]")
		b.refused(ben, m+"complete", `{"templateId":1,"checkListItemId":2}`, "0", "Changing the status of the item: action not available")
		b.refused(anna, m+"moveAfter", `{"templateId":1,"checkListItemId":2}`, "100", "Could not find value for parameter {afterItemId}")
		b.refused(ben, m+"moveBefore", `{"templateId":1,"checkListItemId":2,"beforeItemId":1}`, "0", "Moving item: action not available")
		b.refused(ben, m+"delete", `{"templateId":1,"checkListItemId":2}`, "0", "Deleting item: action not available")
		b.refused(eve, m+"get", `{"templateId":1,"checkListItemId":2}`, "0", "Access to the task template is denied")
		b.refused(eve, m+"list", `{"templateId":1}`, "0", "Access to the task template is denied")
	})
}
