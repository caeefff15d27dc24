CREATE TABLE "certificates" (
	"workspace_id" text NOT NULL,
	"fingerprint" text NOT NULL,
	"fields" jsonb NOT NULL,
	"first_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "certificates_workspace_id_fingerprint_pk" PRIMARY KEY("workspace_id","fingerprint")
);
--> statement-breakpoint
CREATE TABLE "channels" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"connection_id" text NOT NULL,
	"external_id" text NOT NULL,
	"name" text NOT NULL,
	"is_private_chat" boolean NOT NULL,
	"dead_reason" text,
	"free_at" timestamp (3) with time zone DEFAULT 'epoch'::timestamptz NOT NULL,
	"lease_token" text,
	CONSTRAINT "channels_workspace_key" UNIQUE("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "check_spans" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "check_spans_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"workspace_id" text NOT NULL,
	"monitor_id" text NOT NULL,
	"first_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"checks" integer NOT NULL,
	"digest" text NOT NULL,
	"observation" jsonb NOT NULL,
	"findings" jsonb NOT NULL,
	CONSTRAINT "check_spans_checks_check" CHECK ("check_spans"."checks" > 0)
);
--> statement-breakpoint
CREATE TABLE "connection_failures" (
	"workspace_id" text NOT NULL,
	"monitor_id" text NOT NULL,
	"address" text NOT NULL,
	"code" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"tries" integer NOT NULL,
	"last_try_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "connection_failures_monitor_id_address_pk" PRIMARY KEY("monitor_id","address")
);
--> statement-breakpoint
CREATE TABLE "connections" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"platform" text NOT NULL,
	"external_id" text NOT NULL,
	CONSTRAINT "connections_workspace_key" UNIQUE("workspace_id","id"),
	CONSTRAINT "connections_platform_check" CHECK ("connections"."platform" in ('slack', 'teams', 'console'))
);
--> statement-breakpoint
CREATE TABLE "contact_group_channels" (
	"workspace_id" text NOT NULL,
	"group_id" text NOT NULL,
	"channel_id" text NOT NULL,
	CONSTRAINT "contact_group_channels_group_id_channel_id_pk" PRIMARY KEY("group_id","channel_id")
);
--> statement-breakpoint
CREATE TABLE "contact_groups" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	CONSTRAINT "contact_groups_workspace_key" UNIQUE("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "crossings" (
	"workspace_id" text NOT NULL,
	"fingerprint" text NOT NULL,
	"profile_id" text NOT NULL,
	"threshold_days" integer NOT NULL,
	"instant" timestamp (3) with time zone NOT NULL,
	"silent" boolean NOT NULL,
	CONSTRAINT "crossings_workspace_id_fingerprint_profile_id_threshold_days_pk" PRIMARY KEY("workspace_id","fingerprint","profile_id","threshold_days")
);
--> statement-breakpoint
CREATE TABLE "inbox" (
	"id" text PRIMARY KEY NOT NULL,
	"platform" text NOT NULL,
	"external_id" text NOT NULL,
	"incoming" jsonb NOT NULL,
	"received_at" timestamp (3) with time zone NOT NULL,
	"deadline" timestamp (3) with time zone NOT NULL,
	"lease_until" timestamp (3) with time zone NOT NULL,
	"applied" boolean DEFAULT false NOT NULL,
	"finished_at" timestamp (3) with time zone,
	"reply" jsonb,
	CONSTRAINT "inbox_platform_check" CHECK ("inbox"."platform" in ('slack', 'teams', 'console'))
);
--> statement-breakpoint
CREATE TABLE "incident_members" (
	"workspace_id" text NOT NULL,
	"incident_id" text NOT NULL,
	"monitor_id" text NOT NULL,
	"address" text NOT NULL,
	"code" text NOT NULL,
	"severity" text NOT NULL,
	"message" text NOT NULL,
	"next_step" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone,
	CONSTRAINT "incident_members_incident_id_monitor_id_address_code_pk" PRIMARY KEY("incident_id","monitor_id","address","code")
);
--> statement-breakpoint
CREATE TABLE "incidents" (
	"id" text NOT NULL,
	"workspace_id" text NOT NULL,
	"number" integer NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"severity" text NOT NULL,
	"severity_rank" smallint NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"acknowledged_by" jsonb,
	"acknowledged_at" timestamp (3) with time zone,
	"silence_kind" text,
	"silence_until" timestamp (3) with time zone,
	"silence_by" jsonb,
	"silence_at" timestamp (3) with time zone,
	"closed_at" timestamp (3) with time zone,
	"close_reason" text,
	"version" integer NOT NULL,
	CONSTRAINT "incidents_workspace_id_id_pk" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "incidents_kind_check" CHECK ("incidents"."kind" in ('certificate', 'issuer', 'endpoint')),
	CONSTRAINT "incidents_severity_check" CHECK ("incidents"."severity" in ('critical', 'warning', 'info')),
	CONSTRAINT "incidents_acknowledged_check" CHECK (("incidents"."acknowledged_at" is null) = ("incidents"."acknowledged_by" is null)),
	CONSTRAINT "incidents_silence_check" CHECK (("incidents"."silence_at" is null) = ("incidents"."silence_kind" is null)
        and ("incidents"."silence_at" is null) = ("incidents"."silence_by" is null)
        and ("incidents"."silence_until" is not null) = ("incidents"."silence_kind" is not distinct from 'until')),
	CONSTRAINT "incidents_closed_check" CHECK (("incidents"."closed_at" is null) = ("incidents"."close_reason" is null))
);
--> statement-breakpoint
CREATE TABLE "monitor_groups" (
	"workspace_id" text NOT NULL,
	"monitor_id" text NOT NULL,
	"group_id" text NOT NULL,
	CONSTRAINT "monitor_groups_monitor_id_group_id_pk" PRIMARY KEY("monitor_id","group_id")
);
--> statement-breakpoint
CREATE TABLE "monitor_tags" (
	"workspace_id" text NOT NULL,
	"monitor_id" text NOT NULL,
	"tag" text NOT NULL,
	CONSTRAINT "monitor_tags_monitor_id_tag_pk" PRIMARY KEY("monitor_id","tag")
);
--> statement-breakpoint
CREATE TABLE "monitors" (
	"id" text NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text,
	"host" text NOT NULL,
	"display_host" text NOT NULL,
	"host_kind" text NOT NULL,
	"port" integer NOT NULL,
	"protocol" text NOT NULL,
	"server_name" text NOT NULL,
	"direct" boolean NOT NULL,
	"profile_id" text NOT NULL,
	"added_in_channel_id" text NOT NULL,
	"added_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"paused" boolean DEFAULT false NOT NULL,
	"status" text NOT NULL,
	"days_left" integer,
	"expires_at" timestamp (3) with time zone,
	"failing_tries" integer,
	"failing_of" integer,
	"last_checked_at" timestamp (3) with time zone,
	"next_check_at" timestamp (3) with time zone NOT NULL,
	"claimable_at" timestamp (3) with time zone NOT NULL,
	"lease_token" text,
	CONSTRAINT "monitors_workspace_id_id_pk" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "monitors_port_check" CHECK ("monitors"."port" between 1 and 65535),
	CONSTRAINT "monitors_host_kind_check" CHECK ("monitors"."host_kind" in ('name', 'ipv4', 'ipv6')),
	CONSTRAINT "monitors_status_check" CHECK ("monitors"."status" in ('paused', 'pending', 'expired', 'error', 'expiring', 'valid')),
	CONSTRAINT "monitors_failing_check" CHECK (("monitors"."failing_tries" is null) = ("monitors"."failing_of" is null))
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"workspace_id" text NOT NULL,
	"channel_id" text NOT NULL,
	"incident_id" text,
	"kind" text NOT NULL,
	"content" jsonb,
	"severity_rank" smallint NOT NULL,
	"generation" integer DEFAULT 0 NOT NULL,
	"not_before" timestamp (3) with time zone NOT NULL,
	"queued_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"sending_since" timestamp (3) with time zone,
	"last_problem" text,
	"given_up_at" timestamp (3) with time zone,
	CONSTRAINT "outbox_kind_check" CHECK ("outbox"."kind" in ('head', 'thread', 'notice')),
	CONSTRAINT "outbox_incident_check" CHECK (("outbox"."kind" = 'notice') = ("outbox"."incident_id" is null)),
	CONSTRAINT "outbox_content_check" CHECK (("outbox"."kind" = 'head') = ("outbox"."content" is null))
);
--> statement-breakpoint
CREATE TABLE "profiles" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"is_built_in" boolean NOT NULL,
	"thresholds_days" integer[] NOT NULL,
	"scale" boolean NOT NULL,
	"check_interval_ms" integer NOT NULL,
	"confirm_tries" integer NOT NULL,
	"confirm_every_ms" integer NOT NULL,
	"timeout_ms" integer NOT NULL,
	"severities" jsonb NOT NULL,
	"extra_ca_pem" text,
	"ca_only" boolean NOT NULL,
	CONSTRAINT "profiles_workspace_key" UNIQUE("workspace_id","id"),
	CONSTRAINT "profiles_thresholds_check" CHECK (cardinality("profiles"."thresholds_days") between 1 and 10),
	CONSTRAINT "profiles_interval_check" CHECK ("profiles"."check_interval_ms" > 0 and "profiles"."timeout_ms" > 0),
	CONSTRAINT "profiles_confirm_check" CHECK ("profiles"."confirm_tries" > 0 and "profiles"."confirm_every_ms" >= 0)
);
--> statement-breakpoint
CREATE TABLE "threads" (
	"workspace_id" text NOT NULL,
	"incident_id" text NOT NULL,
	"channel_id" text NOT NULL,
	"message_id" text NOT NULL,
	"posted_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "threads_incident_id_channel_id_pk" PRIMARY KEY("incident_id","channel_id")
);
--> statement-breakpoint
CREATE TABLE "workspaces" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"next_incident_number" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workspaces_name_unique" UNIQUE("name")
);
--> statement-breakpoint
ALTER TABLE "certificates" ADD CONSTRAINT "certificates_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channels" ADD CONSTRAINT "channels_connection_fk" FOREIGN KEY ("workspace_id","connection_id") REFERENCES "public"."connections"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "check_spans" ADD CONSTRAINT "check_spans_monitor_fk" FOREIGN KEY ("workspace_id","monitor_id") REFERENCES "public"."monitors"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connection_failures" ADD CONSTRAINT "connection_failures_monitor_fk" FOREIGN KEY ("workspace_id","monitor_id") REFERENCES "public"."monitors"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_group_channels" ADD CONSTRAINT "contact_group_channels_group_fk" FOREIGN KEY ("workspace_id","group_id") REFERENCES "public"."contact_groups"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_group_channels" ADD CONSTRAINT "contact_group_channels_channel_fk" FOREIGN KEY ("workspace_id","channel_id") REFERENCES "public"."channels"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_groups" ADD CONSTRAINT "contact_groups_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crossings" ADD CONSTRAINT "crossings_profile_fk" FOREIGN KEY ("workspace_id","profile_id") REFERENCES "public"."profiles"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident_members" ADD CONSTRAINT "incident_members_incident_fk" FOREIGN KEY ("workspace_id","incident_id") REFERENCES "public"."incidents"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incidents" ADD CONSTRAINT "incidents_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "monitor_groups" ADD CONSTRAINT "monitor_groups_monitor_fk" FOREIGN KEY ("workspace_id","monitor_id") REFERENCES "public"."monitors"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "monitor_groups" ADD CONSTRAINT "monitor_groups_group_fk" FOREIGN KEY ("workspace_id","group_id") REFERENCES "public"."contact_groups"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "monitor_tags" ADD CONSTRAINT "monitor_tags_monitor_fk" FOREIGN KEY ("workspace_id","monitor_id") REFERENCES "public"."monitors"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "monitors" ADD CONSTRAINT "monitors_profile_fk" FOREIGN KEY ("workspace_id","profile_id") REFERENCES "public"."profiles"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "monitors" ADD CONSTRAINT "monitors_channel_fk" FOREIGN KEY ("workspace_id","added_in_channel_id") REFERENCES "public"."channels"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_incident_fk" FOREIGN KEY ("workspace_id","incident_id") REFERENCES "public"."incidents"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_channel_fk" FOREIGN KEY ("workspace_id","channel_id") REFERENCES "public"."channels"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "profiles" ADD CONSTRAINT "profiles_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "threads" ADD CONSTRAINT "threads_incident_fk" FOREIGN KEY ("workspace_id","incident_id") REFERENCES "public"."incidents"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "threads" ADD CONSTRAINT "threads_channel_fk" FOREIGN KEY ("workspace_id","channel_id") REFERENCES "public"."channels"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "channels_conversation_key" ON "channels" USING btree ("connection_id","external_id");--> statement-breakpoint
CREATE INDEX "channels_free_idx" ON "channels" USING btree ("free_at");--> statement-breakpoint
CREATE INDEX "check_spans_monitor_idx" ON "check_spans" USING btree ("monitor_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "connections_team_key" ON "connections" USING btree ("platform","external_id");--> statement-breakpoint
CREATE INDEX "contact_group_channels_channel_idx" ON "contact_group_channels" USING btree ("channel_id");--> statement-breakpoint
CREATE UNIQUE INDEX "contact_groups_name_key" ON "contact_groups" USING btree ("workspace_id",lower("name" collate "und-x-icu") collate "C");--> statement-breakpoint
CREATE UNIQUE INDEX "inbox_command_key" ON "inbox" USING btree ("platform","external_id");--> statement-breakpoint
CREATE INDEX "inbox_unfinished_idx" ON "inbox" USING btree ("lease_until") WHERE "inbox"."finished_at" is null;--> statement-breakpoint
CREATE INDEX "incident_members_monitor_idx" ON "incident_members" USING btree ("monitor_id") WHERE "incident_members"."until" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_number_key" ON "incidents" USING btree ("workspace_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_open_key" ON "incidents" USING btree ("workspace_id","kind","subject") WHERE "incidents"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "incidents_subject_idx" ON "incidents" USING btree ("workspace_id","kind","subject","closed_at");--> statement-breakpoint
CREATE INDEX "incidents_open_idx" ON "incidents" USING btree ("workspace_id","severity_rank","opened_at") WHERE "incidents"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "incidents_silence_idx" ON "incidents" USING btree ("silence_until") WHERE "incidents"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "monitor_groups_group_idx" ON "monitor_groups" USING btree ("group_id");--> statement-breakpoint
CREATE INDEX "monitor_tags_tag_idx" ON "monitor_tags" USING btree ("workspace_id","tag");--> statement-breakpoint
CREATE UNIQUE INDEX "monitors_endpoint_key" ON "monitors" USING btree ("workspace_id","host","port","protocol","server_name");--> statement-breakpoint
CREATE INDEX "monitors_claimable_idx" ON "monitors" USING btree ("claimable_at") WHERE not "monitors"."paused";--> statement-breakpoint
CREATE INDEX "monitors_order_idx" ON "monitors" USING btree ("workspace_id","expires_at","host");--> statement-breakpoint
CREATE INDEX "monitors_name_idx" ON "monitors" USING btree ("workspace_id",lower("name" collate "und-x-icu") collate "C");--> statement-breakpoint
CREATE UNIQUE INDEX "outbox_head_key" ON "outbox" USING btree ("incident_id","channel_id") WHERE "outbox"."kind" = 'head' and "outbox"."given_up_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_thread_idx" ON "outbox" USING btree ("channel_id","incident_id","id") WHERE "outbox"."given_up_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_order_idx" ON "outbox" USING btree ("channel_id","severity_rank" DESC NULLS LAST,"id") WHERE "outbox"."given_up_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "profiles_name_key" ON "profiles" USING btree ("workspace_id",lower("name" collate "und-x-icu") collate "C");