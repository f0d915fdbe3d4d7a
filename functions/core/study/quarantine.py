"""Why something cannot be indexed, as codes and as what an operator should do about each."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "object_missing": "The confirmed object is not in the vault. Send it again.",
    "digest_wrong": "The object's bytes are not what its name says. Send it again.",
    "document_too_large": "The document is larger than any agent's should be. Look at the agent that sent it.",
    "schema_broken": "The document breaks its schema. The agent and the cloud may be of different versions.",
    "tenant_wrong": "The document names another hospital than the place it was put in. Check the agent's enrolment.",
    "tenant_unknown": "No such hospital. If its rows are lost run `reconcile`; else `hospital add`, then send again.",
    "name_wrong": "Study or series name do not fit the UIDs. Send the study again.",
    "parcel_missing": "A parcel that the manifest names never arrived. Send the study again.",
    "size_wrong": "A parcel's object has another size than the manifest says. Send the study again.",
    "checksum_wrong": "Storage's own checksum of a parcel's object is not the one in its name. Send the study again.",
    "heads_damaged": "A parcel's heads object cannot be opened. Send the study again; keep the object for analysis.",
    "series_too_large": "With this manifest the series has more than 262144 frames. Keep it for analysis; the series goes on.",
    "index_impossible": "No index can be built with this manifest's parcels. Keep them for analysis; the series goes on.",
    "instances_differ": "The manifest lists other instances than its parcels hold. Update the agent, then send again.",
    "uid_differs": "An instance belongs to another study or series than its manifest says. Check what the modality sends.",
    "pdf_missing": "The report's PDF never arrived. Send the report again.",
    "pdf_wrong": "The report's PDF has another size or checksum than the report says, or is none. Send the report again.",
    "time_in_future": "The report says that it was written in the future. Set the RIS's clock, then send the report again.",
    "report_contradicted": "Two different documents claim to be this version of the report. Ask the RIS; send a higher version.",
    "patient_differs": "Report and images name different patients. Find out which is right before anything is shown.",
    "patient_unknown": "The images carry no patient id, so that nothing says whose report fits them.",
    "identities_differ": "The study's images name several patients or accession numbers. Correct them at the modality or PACS.",
    "report_retracted": "The report was taken back. Decide whether the images may be shown: `exam show`, or leave them hidden.",
    "study_claimed_twice": "Reports of several exams list this study. Ask the RIS which one is right.",
}


def advice(reason: str) -> str:
    """What an operator should do; for reasons of a newer version, to update."""
    return REASONS.get(reason, "Unknown reason: update this command.")
