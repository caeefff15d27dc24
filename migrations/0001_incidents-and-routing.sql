CREATE TABLE "acceptances" (
	"workspace_id" text NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"code" text NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"reason" text NOT NULL,
	"accepted_by" jsonb NOT NULL,
	"accepted_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "acceptances_workspace_id_kind_subject_code_pk" PRIMARY KEY("workspace_id","kind","subject","code"),
	CONSTRAINT "acceptances_kind_check" CHECK ("acceptances"."kind" in ('certificate', 'issuer', 'endpoint'))
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"workspace_id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"person" jsonb NOT NULL,
	"place" text NOT NULL,
	"action" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"subject_label" text NOT NULL,
	"detail" text NOT NULL,
	CONSTRAINT "audit_subject_check" CHECK ("audit"."subject_kind" in ('monitor', 'incident', 'profile', 'contact-group', 'tag-filter', 'digest', 'settings'))
);
--> statement-breakpoint
CREATE TABLE "digests" (
	"workspace_id" text NOT NULL,
	"channel_id" text NOT NULL,
	"weekday" smallint,
	"minute" smallint NOT NULL,
	"filter" text,
	"next_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "digests_workspace_id_channel_id_pk" PRIMARY KEY("workspace_id","channel_id"),
	CONSTRAINT "digests_weekday_check" CHECK ("digests"."weekday" between 0 and 6),
	CONSTRAINT "digests_minute_check" CHECK ("digests"."minute" between 0 and 1439)
);
--> statement-breakpoint
CREATE TABLE "link_codes" (
	"code_hash" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "person_roles" (
	"workspace_id" text NOT NULL,
	"platform" text NOT NULL,
	"external_id" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	CONSTRAINT "person_roles_workspace_id_platform_external_id_pk" PRIMARY KEY("workspace_id","platform","external_id"),
	CONSTRAINT "person_roles_platform_check" CHECK ("person_roles"."platform" in ('slack', 'teams', 'console')),
	CONSTRAINT "person_roles_role_check" CHECK ("person_roles"."role" in ('viewer', 'responder', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "tag_filters" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"expression" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "worker_run" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"running_since" timestamp (3) with time zone NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL,
	"told_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "workspace_settings" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"time_zone" text DEFAULT 'UTC' NOT NULL,
	"fallback_channel_id" text,
	"admin_channel_id" text,
	"retention_days" integer DEFAULT 90 NOT NULL,
	CONSTRAINT "workspace_settings_retention_check" CHECK ("workspace_settings"."retention_days" > 0)
);
--> statement-breakpoint
ALTER TABLE "channels" DROP CONSTRAINT "channels_connection_fk";
--> statement-breakpoint
DROP INDEX "incidents_silence_idx";--> statement-breakpoint
DROP INDEX "monitor_tags_tag_idx";--> statement-breakpoint
ALTER TABLE "certificates" ADD COLUMN "unnamed_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "contact_group_channels" ADD COLUMN "filter" text;--> statement-breakpoint
ALTER TABLE "contact_groups" ADD COLUMN "time_zone" text;--> statement-breakpoint
ALTER TABLE "contact_groups" ADD COLUMN "hours" jsonb;--> statement-breakpoint
ALTER TABLE "contact_groups" ADD COLUMN "critical_through" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "contact_groups" ADD COLUMN "mention" jsonb;--> statement-breakpoint
ALTER TABLE "contact_groups" ADD COLUMN "escalate_to" text;--> statement-breakpoint
ALTER TABLE "contact_groups" ADD COLUMN "escalate_after_ms" integer;--> statement-breakpoint
ALTER TABLE "inbox" ADD COLUMN "lease_token" text;--> statement-breakpoint
ALTER TABLE "incident_members" ADD COLUMN "label" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "incidents" ADD COLUMN "risen_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "incidents" ADD COLUMN "reopened" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "incidents" ADD COLUMN "reopened_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "incidents" ADD COLUMN "well_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "incidents" ADD COLUMN "reminded_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "incidents" ADD COLUMN "escalated" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "incidents" ADD COLUMN "attend_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "monitors" ADD COLUMN "served" jsonb;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "recheck_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "maybe_sent" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "profiles" ADD COLUMN "remind" jsonb DEFAULT '{"critical":86400000}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "acceptances" ADD CONSTRAINT "acceptances_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit" ADD CONSTRAINT "audit_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "digests" ADD CONSTRAINT "digests_channel_fk" FOREIGN KEY ("workspace_id","channel_id") REFERENCES "public"."channels"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_codes" ADD CONSTRAINT "link_codes_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_roles" ADD CONSTRAINT "person_roles_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tag_filters" ADD CONSTRAINT "tag_filters_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspace_settings" ADD CONSTRAINT "workspace_settings_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspace_settings" ADD CONSTRAINT "workspace_settings_fallback_fk" FOREIGN KEY ("workspace_id","fallback_channel_id") REFERENCES "public"."channels"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspace_settings" ADD CONSTRAINT "workspace_settings_admin_fk" FOREIGN KEY ("workspace_id","admin_channel_id") REFERENCES "public"."channels"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_subject_idx" ON "audit" USING btree ("workspace_id","subject_kind","subject_id","id");--> statement-breakpoint
CREATE INDEX "audit_at_idx" ON "audit" USING btree ("workspace_id","at");--> statement-breakpoint
CREATE INDEX "digests_next_idx" ON "digests" USING btree ("next_at");--> statement-breakpoint
CREATE UNIQUE INDEX "tag_filters_name_key" ON "tag_filters" USING btree ("workspace_id",lower("name" collate "und-x-icu") collate "C");--> statement-breakpoint
ALTER TABLE "channels" ADD CONSTRAINT "channels_connection_fk" FOREIGN KEY ("workspace_id","connection_id") REFERENCES "public"."connections"("workspace_id","id") ON DELETE cascade ON UPDATE cascade;--> statement-breakpoint
ALTER TABLE "contact_groups" ADD CONSTRAINT "contact_groups_escalate_fk" FOREIGN KEY ("workspace_id","escalate_to") REFERENCES "public"."contact_groups"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "check_spans_first_idx" ON "check_spans" USING btree ("workspace_id","first_at");--> statement-breakpoint
CREATE INDEX "inbox_finished_idx" ON "inbox" USING btree ("finished_at") WHERE "inbox"."finished_at" is not null;--> statement-breakpoint
CREATE INDEX "incident_members_history_idx" ON "incident_members" USING btree ("monitor_id","incident_id");--> statement-breakpoint
CREATE INDEX "incidents_closed_idx" ON "incidents" USING btree ("workspace_id","closed_at") WHERE "incidents"."closed_at" is not null;--> statement-breakpoint
CREATE INDEX "incidents_attend_idx" ON "incidents" USING btree ("attend_at") WHERE "incidents"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "monitors_display_host_idx" ON "monitors" USING btree ("workspace_id",lower("display_host" collate "und-x-icu") collate "C");--> statement-breakpoint
CREATE INDEX "outbox_incident_idx" ON "outbox" USING btree ("incident_id");--> statement-breakpoint
CREATE INDEX "outbox_given_up_idx" ON "outbox" USING btree ("given_up_at") WHERE "outbox"."given_up_at" is not null;--> statement-breakpoint
CREATE INDEX "monitor_tags_tag_idx" ON "monitor_tags" USING btree ("workspace_id",lower("tag" collate "und-x-icu") collate "C");--> statement-breakpoint
ALTER TABLE "contact_groups" ADD CONSTRAINT "contact_groups_escalate_check" CHECK (("contact_groups"."escalate_to" is null) = ("contact_groups"."escalate_after_ms" is null));