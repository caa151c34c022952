import { defineSearchAttributeKey } from '@temporalio/common';

export const WORKSPACE = defineSearchAttributeKey('MillraceWorkspace', 'KEYWORD');
export const CONNECTION = defineSearchAttributeKey('MillraceConnection', 'KEYWORD');
export const SOURCE = defineSearchAttributeKey('MillraceSource', 'KEYWORD');
export const DESTINATION = defineSearchAttributeKey('MillraceDestination', 'KEYWORD');
export const TRIGGER = defineSearchAttributeKey('MillraceTrigger', 'KEYWORD');
export const OUTCOME = defineSearchAttributeKey('MillraceOutcome', 'KEYWORD');
export const ROWS = defineSearchAttributeKey('MillraceRows', 'INT');
