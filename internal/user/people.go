package user

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Listed is a person in a list of people, with the line that they stand in.
type Listed struct {
	Line int // from 1
	User NewUser
}

// listColumns are the columns of a list of people in the order that they have without a first line of names.
var listColumns = []string{"email", "first_name", "last_name", "position"}

// ParsePeople reads a list of people to be invited, one a line: the e-mail address, then first name, last name and position,
// separated by commas, semicolons or tabs, quoted as in CSV where need be. A first line may name the columns. wrong tells of
// lines that cannot be read.
func ParsePeople(text string) (people []Listed, wrong []string) {
	text = strings.TrimPrefix(text, "\ufeff")
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = -1, true, true
	columns := listColumns
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return people, wrong
		}
		if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
			return people, append(wrong, fmt.Sprintf("Line %d: this is no list of people.", parse.Line))
		}
		if err != nil {
			return people, append(wrong, "The list could not be read.")
		}
		line, _ := r.FieldPos(0)
		if named := columnsOf(row); first && named != nil {
			columns = named
			continue
		}
		n, note := personOfRow(row, columns)
		switch {
		case note != "":
			wrong = append(wrong, fmt.Sprintf("Line %d: %s", line, note))
		case n.Email != "":
			people = append(people, Listed{line, n})
		}
	}
}

// separator returns what stands between the columns of the first line that has one; a comma where there is none.
func separator(text string) rune {
	for line := range strings.Lines(text) {
		for _, r := range []rune{'\t', ';', ','} {
			if strings.ContainsRune(line, r) {
				return r
			}
		}
	}
	return ','
}

// columnsOf returns the columns that a first line names, nil where it is a person.
func columnsOf(row []string) []string {
	var out []string
	for _, cell := range row {
		name := strings.ReplaceAll(strings.ReplaceAll(fold(cell), " ", "_"), "-", "_")
		switch name {
		case "e_mail", "mail", "e_mail_address", "email_address", "login":
			name = "email"
		case "name", "firstname", "given_name":
			name = "first_name"
		case "surname", "lastname", "family_name":
			name = "last_name"
		case "title", "job_title", "work_position":
			name = "position"
		}
		out = append(out, name)
	}
	if !slices.Contains(out, "email") {
		return nil
	}
	return out
}

// personOfRow reads a row; an empty one is nobody.
func personOfRow(row, columns []string) (n NewUser, wrong string) {
	filled := false
	for i, cell := range row {
		cell = strings.TrimSpace(clean(cell))
		filled = filled || cell != ""
		if i >= len(columns) {
			if cell != "" {
				return n, "there are more columns than expected."
			}
			continue
		}
		switch columns[i] {
		case "email":
			if cell != "" { // a login may stand beside it
				n.Email = cell
			}
		case "first_name":
			n.FirstName = cell
		case "last_name":
			n.LastName = cell
		case "position":
			n.Position = cell
		}
	}
	if filled && n.Email == "" {
		return n, "the e-mail address is missing."
	}
	return n, ""
}

// LastName is how lists of other areas sort by the last names of people, in lower case, which an index serves.
type LastName struct {
	Expr string // of the last name
	// Join is what it needs. It begins with the records, of which something leaves few: else PostgreSQL goes through the people in the hope
	// of a page's worth soon, and looks at every record for each.
	Join string
	// Whole is the join for lists that nothing narrows. It goes through the people in their order, and through the records of each: the plus
	// keeps SQLite, which does not know how few people there are, from sorting all records.
	Whole string
}

// LastNameSQL returns how to sort by the last name of the user whose id the expression id is, who has to be there, under an alias.
func LastNameSQL(alias, id string) LastName {
	return LastName{
		Expr: "LOWER(" + alias + ".last_name)", Join: "LEFT JOIN portal_user " + alias + " ON " + alias + ".id = " + id,
		Whole: "JOIN portal_user " + alias + " ON +" + alias + ".id = " + id,
	}
}
