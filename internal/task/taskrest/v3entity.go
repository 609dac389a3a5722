package taskrest

import (
	"slices"

	"github.com/portico-hq/portico/internal/dto"
)

// fieldsV3 declares fields of one type.
func fieldsV3(t dto.Type, names ...string) []dto.Field {
	out := make([]dto.Field, len(names))
	for i, n := range names {
		out[i] = dto.Field{Name: n, Type: t, Multiple: t == dto.List}
	}
	return out
}

// relatedV3 declares a related object.
func relatedV3(e *dto.Entity, name string) []dto.Field {
	return []dto.Field{{Name: name, Type: dto.Related, Related: e}}
}

// imageEntity is a picture; the portal knows its address alone.
var imageEntity = &dto.Entity{Name: "FileDto", Fields: fieldsV3(dto.String, "src")}

// userEntity is a person beside a task (api-reference/tasks/fields-rest-v3.md#user).
var userEntity = &dto.Entity{Name: "UserDto", Fields: slices.Concat(
	fieldsV3(dto.Int, "id"), fieldsV3(dto.String, "name"), relatedV3(imageEntity, "image"),
	fieldsV3(dto.String, "gender", "email", "externalAuthId"),
)}

// parentEntity is the task above a task: those of its fields that are in its own row.
var parentEntity = &dto.Entity{Name: "TaskDto", Fields: slices.Concat(
	fieldsV3(dto.Int, "id"), fieldsV3(dto.String, "title", "description"), fieldsV3(dto.Int, "creatorId"), fieldsV3(dto.Time, "created"),
	fieldsV3(dto.Int, "responsibleId"), fieldsV3(dto.Time, "deadline"), fieldsV3(dto.Bool, "needsControl"), fieldsV3(dto.Time, "startPlan", "endPlan"),
	fieldsV3(dto.Int, "groupId", "stageId"), fieldsV3(dto.String, "priority", "status"), fieldsV3(dto.Time, "statusChanged"),
	fieldsV3(dto.Int, "parentId", "chatId"), fieldsV3(dto.Time, "started", "changed", "closed", "activity"),
	fieldsV3(dto.String, "guid", "xmlId", "mark"), fieldsV3(dto.String, "link"),
)}

// stageEntity is a column of a board.
var stageEntity = &dto.Entity{Name: "StageDto", Fields: slices.Concat(fieldsV3(dto.Int, "id"), fieldsV3(dto.String, "title", "color"))}

// What this portal does not have, and every task is without: projects with a name, flows, mails of which tasks are made, sources.
var (
	groupEntity = &dto.Entity{Name: "GroupDto", Fields: slices.Concat(
		fieldsV3(dto.Int, "id"), fieldsV3(dto.String, "name"), relatedV3(imageEntity, "image"), fieldsV3(dto.String, "type"), fieldsV3(dto.Bool, "isVisible"),
	)}
	flowEntity   = &dto.Entity{Name: "FlowDto", Fields: slices.Concat(fieldsV3(dto.Int, "id"), fieldsV3(dto.String, "name"))}
	emailEntity  = &dto.Entity{Name: "EmailDto", Fields: slices.Concat(fieldsV3(dto.Int, "id", "taskId", "mailboxId"), fieldsV3(dto.String, "title", "body", "from"), fieldsV3(dto.Int, "dateTs"), fieldsV3(dto.String, "link"))}
	sourceEntity = &dto.Entity{Name: "SourceDto", Fields: slices.Concat(fieldsV3(dto.String, "type"), fieldsV3(dto.List, "data"))}
)

// chatEntity is the chat of a task.
var chatEntity = &dto.Entity{Name: "ChatDto", Fields: []dto.Field{{Name: "id", Type: dto.Int}, {Name: "entityId", Type: dto.Int}, {Name: "entityType", Type: dto.String}}}

// taskEntity is a task in REST 3.0 (api-reference/tasks/fields-rest-v3.md).
var taskEntity = func() *dto.Entity {
	e := &dto.Entity{Name: "TaskDto"}
	add := func(t dto.Type, names ...string) {
		for _, n := range names {
			f := dto.Field{Name: n, Type: t, Editable: writableV3[n] != "" && n != "creatorId", Filterable: n == "id", Sortable: sortedV3[n] != "", Multiple: t == dto.List}
			if f.Sortable {
				f.Column = "t.id" // lists are sorted by sortedV3; only id is filtered by
			}
			e.Fields = append(e.Fields, f)
		}
	}
	related := func(entity *dto.Entity, names ...string) {
		for _, n := range names {
			e.Fields = append(e.Fields, dto.Field{Name: n, Type: dto.Related, Related: entity, Editable: writableV3[n] != "", Multiple: writableV3[n] != ""})
		}
	}
	add(dto.Int, "id")
	add(dto.String, "title", "description")
	add(dto.Int, "creatorId")
	related(userEntity, "creator")
	add(dto.Time, "created")
	add(dto.Int, "responsibleId")
	related(userEntity, "responsible")
	add(dto.Time, "deadline")
	add(dto.Bool, "needsControl")
	add(dto.Time, "startPlan", "endPlan")
	add(dto.List, "fileIds", "checklist")
	add(dto.Int, "groupId")
	related(groupEntity, "group")
	add(dto.Int, "stageId")
	related(stageEntity, "stage")
	add(dto.Int, "epicId", "storyPoints", "flowId")
	related(flowEntity, "flow")
	add(dto.String, "priority", "status")
	add(dto.Time, "statusChanged")
	related(userEntity, "accomplices", "auditors") // they are written as numbers
	add(dto.Int, "parentId")
	related(parentEntity, "parent")
	add(dto.Bool, "containsChecklist", "containsSubTasks", "containsRelatedTasks", "containsGanttLinks", "containsPlacements", "containsResults")
	add(dto.Int, "numberOfReminders", "chatId")
	related(chatEntity, "chat")
	add(dto.Int, "plannedDuration", "actualDuration")
	add(dto.String, "durationType")
	add(dto.Time, "started")
	add(dto.Int, "estimatedTime")
	add(dto.Bool, "replicate")
	add(dto.Time, "changed")
	add(dto.Int, "changedById")
	related(userEntity, "changedBy")
	add(dto.Int, "statusChangedById")
	related(userEntity, "statusChangedBy")
	add(dto.Int, "closedById")
	related(userEntity, "closedBy")
	add(dto.Time, "closed", "activity")
	add(dto.String, "guid", "xmlId", "exchangeId", "exchangeModified")
	add(dto.Int, "outlookVersion")
	add(dto.String, "mark")
	add(dto.Bool, "allowsChangeDeadline", "allowsTimeTracking", "matchesWorkTime", "addInReport", "isMultitask")
	add(dto.String, "siteId")
	add(dto.Int, "forkedByTemplateId")
	related(templateEntity, "forkedByTemplate")
	add(dto.Int, "deadlineCount")
	add(dto.String, "declineReason")
	add(dto.Int, "forumTopicId")
	add(dto.String, "link")
	add(dto.List, "rights")
	add(dto.String, "archiveLink")
	add(dto.List, "crmItemIds")
	add(dto.Int, "emailId")
	related(emailEntity, "email")
	related(elapsedEntity, "elapsedTime")
	add(dto.Bool, "requireResult", "matchesSubTasksTime", "autocompleteSubTasks", "allowsChangeDatePlan")
	add(dto.Time, "maxDeadlineChangeDate")
	add(dto.Int, "maxDeadlineChanges")
	add(dto.Bool, "requireDeadlineChangeReason")
	add(dto.List, "inFavorite", "inPin", "inGroupPin", "inMute")
	related(sourceEntity, "source")
	add(dto.List, "dependsOn", "scenarios")
	return e
}()
