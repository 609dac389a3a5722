package user

import "maps"

// Field names something of a user by which lists are filtered and sorted.
type Field string

// The fields that are not plain texts.
const (
	FieldID             Field = "id"
	FieldActive         Field = "active"
	FieldKind           Field = "user_type"
	FieldLastLogin      Field = "last_login"
	FieldRegistered     Field = "date_register" // compared by the day
	FieldUpdated        Field = "timestamp_x"
	FieldLastActivity   Field = "last_activity_date"
	FieldOnline         Field = "is_online"
	FieldDepartment     Field = "uf_department"
	FieldDepartmentName Field = "uf_department_name"
	FieldNameSearch     Field = "name_search" // words of names and position; only with Contains and Equal
	FieldFind           Field = "find"        // as FieldNameSearch, and words that begin the name of a department
)

// The texts that User has as fields of its own.
const (
	FieldName       Field = "name"
	FieldLastName   Field = "last_name"
	FieldSecondName Field = "second_name"
	FieldEmail      Field = "email"
	FieldPosition   Field = "work_position"
	FieldGender     Field = "personal_gender"
	FieldBirthday   Field = "personal_birthday"
	FieldWWW        Field = "personal_www"
	FieldMobile     Field = "personal_mobile"
	FieldWorkPhone  Field = "work_phone"
	FieldInnerPhone Field = "uf_phone_inner"
	FieldCity       Field = "personal_city"
	FieldTimeZone   Field = "time_zone"
)

// FieldEmploymentDate is the one of the Details that is a date, "2006-01-02".
const FieldEmploymentDate Field = "uf_employment_date"

// details are the fields that may be in Details.
var details = setOf(
	"xml_id", "title", "personal_profession", "personal_icq", "personal_phone", "personal_fax", "personal_pager",
	"personal_street", "personal_mailbox", "personal_state", "personal_zip", "personal_country", "personal_notes",
	"work_company", "work_department", "work_www", "work_fax", "work_pager", "work_street", "work_mailbox", "work_city",
	"work_state", "work_zip", "work_country", "work_profile", "work_notes", "uf_district", "uf_skype", "uf_skype_link",
	"uf_zoom", "uf_twitter", "uf_facebook", "uf_linkedin", "uf_xing", "uf_web_sites", FieldEmploymentDate, "uf_timeman",
	"uf_skills", "uf_interests",
)

func setOf(fields ...Field) map[Field]bool {
	m := make(map[Field]bool, len(fields))
	for _, f := range fields {
		m[f] = true
	}
	return m
}

// texts returns the fields of u that are kept as texts for filters, without the empty ones.
func (u *User) texts() map[Field]string {
	m := map[Field]string{
		FieldName: u.FirstName, FieldLastName: u.LastName, FieldSecondName: u.SecondName, FieldEmail: u.Email,
		FieldPosition: u.Position, FieldGender: u.Gender, FieldBirthday: u.Birthday, FieldWWW: u.WWW,
		FieldMobile: u.Mobile, FieldWorkPhone: u.WorkPhone, FieldInnerPhone: u.InnerPhone, FieldCity: u.City,
		FieldTimeZone: u.TimeZone,
	}
	maps.Copy(m, u.Details)
	maps.DeleteFunc(m, func(_ Field, v string) bool { return v == "" })
	return m
}

var ownTexts = setOf(FieldName, FieldLastName, FieldSecondName, FieldEmail, FieldPosition, FieldGender, FieldBirthday,
	FieldWWW, FieldMobile, FieldWorkPhone, FieldInnerPhone, FieldCity, FieldTimeZone)

// fieldType says how a field is compared.
type fieldType uint8

const (
	noField fieldType = iota
	textField
	dateField // a text "2006-01-02"
	numberField
	timeField
	dayField // a time compared by its day
	flagField
	onlineField
	kindField
	departmentField
	departmentNameField
	nameSearchField
	findField
)

func typeOf(f Field) fieldType {
	switch f {
	case FieldID:
		return numberField
	case FieldActive:
		return flagField
	case FieldKind:
		return kindField
	case FieldLastLogin, FieldUpdated, FieldLastActivity:
		return timeField
	case FieldRegistered:
		return dayField
	case FieldOnline:
		return onlineField
	case FieldDepartment:
		return departmentField
	case FieldDepartmentName:
		return departmentNameField
	case FieldNameSearch:
		return nameSearchField
	case FieldFind:
		return findField
	case FieldBirthday, FieldEmploymentDate:
		return dateField
	}
	if ownTexts[f] || details[f] {
		return textField
	}
	return noField
}

// Known reports whether lists can be filtered by f.
func (f Field) Known() bool { return typeOf(f) != noField }

// column returns the column of portal_user behind a field that is no text.
func (f Field) column() string {
	switch f {
	case FieldLastLogin:
		return "u.last_login"
	case FieldRegistered:
		return "u.registered"
	case FieldUpdated:
		return "u.updated"
	case FieldLastActivity, FieldOnline:
		return "u.last_activity"
	case FieldActive:
		return "u.active"
	case FieldKind:
		return "u.kind"
	}
	return "u.id"
}
